import argparse
import dataclasses
import math
import unittest
from decimal import Decimal
from fractions import Fraction

from tracker import Histogram, UsageError
from tracker._values import is_name, to_json, to_number, to_step


class Scalar:
    """Stands for numpy's and torch's zero-dimensional values."""

    def __init__(self, value):
        self.value = value

    def item(self):
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


class ValueTests(unittest.TestCase):
    def test_numbers_of_every_kind_become_doubles(self):
        for value, expected in [(1, 1.0), (True, 1.0), (0.5, 0.5), (Decimal("1.5"), 1.5), (Fraction(1, 4), 0.25), (Scalar(2), 2.0), (Scalar(0.1), 0.1)]:
            self.assertEqual(to_number(value), expected)

    def test_non_finite_numbers_are_kept(self):
        self.assertTrue(math.isnan(to_number(float("nan"))))
        self.assertEqual(to_number(Scalar(float("-inf"))), float("-inf"))

    def test_what_is_not_one_number_is_none(self):
        for value in [None, "1.5", b"1", [1.0], 1j, object(), Scalar(ValueError("many")), Scalar("text"), 10**400]:
            self.assertIsNone(to_number(value), value)

    def test_steps_are_whole_numbers_within_2_to_the_53(self):
        self.assertEqual([to_step(value) for value in (3, 3.0, Scalar(4), -5, 2**53)], [3, 3, 4, -5, 2**53])
        self.assertEqual([to_step(value) for value in (3.5, "3", None, 2**53 + 1, float("nan"), float("inf"))], [None] * 6)

    def test_names_are_valid_text_of_1_to_512_units(self):
        self.assertTrue(is_name("train/loss") and is_name("é" * 512))
        self.assertFalse(is_name("") or is_name("a" * 513) or is_name("\ud800") or is_name("a\nb") or is_name("😀" * 257))

    def test_configs_become_json(self):
        @dataclasses.dataclass
        class Inner:
            depth: int

        value = {"lr": Scalar(0.1), "nan": float("nan"), "big": 2**70, 1: (1, 2), "inner": Inner(3), "type": int, "ns": argparse.Namespace(a=1)}
        json = to_json(value)
        self.assertEqual(json["lr"], 0.1)
        self.assertEqual(json["nan"], "NaN")
        self.assertEqual(json["big"], str(2**70))
        self.assertEqual(json["1"], [1, 2])
        self.assertEqual(json["inner"], {"depth": 3})
        self.assertIsInstance(json["type"], str)

    def test_a_config_that_holds_itself_ends(self):
        loop = {}
        loop["self"] = loop
        to_json(loop)


class HistogramTests(unittest.TestCase):
    def test_every_finite_value_is_in_one_bin(self):
        histogram = Histogram([0.0, 0.25, 0.5, 1.0, float("nan"), float("inf")], num_bins=4)
        self.assertEqual(histogram.edges, [0.0, 0.25, 0.5, 0.75, 1.0])
        self.assertEqual(histogram.counts, [1.0, 1.0, 1.0, 1.0])
        self.assertEqual(histogram.non_finite, 2)

    def test_edges_rise_strictly_for_any_values(self):
        for values in [[], [3.0], [1e300, 1e300], [1e16, 1e16 + 2], [5e-324, 0.0], [-1.7e308, 1.7e308], [float("nan")], [[1, 2], [3, [4]]]]:
            histogram = Histogram(values)
            self.assertTrue(all(a < b for a, b in zip(histogram.edges, histogram.edges[1:])), values)

    def test_counts_agree_with_the_edges_that_are_sent(self):
        values = [index * 0.1 for index in range(1000)]
        histogram = Histogram(values, num_bins=7)
        for low, high, count in zip(histogram.edges, histogram.edges[1:], histogram.counts):
            last = high == histogram.edges[-1]
            self.assertEqual(count, sum(low <= value < high or (last and value == high) for value in values))

    def test_numpy_histograms_are_taken_as_they_are(self):
        histogram = Histogram(np_histogram=([1, 2], [0, 1, 2]))
        self.assertEqual((histogram.counts, histogram.edges), ([1.0, 2.0], [0.0, 1.0, 2.0]))

    def test_numpy_arrays_give_what_lists_give(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("numpy is not here")
        values = numpy.linspace(-1, 1, 101).reshape(1, 101)
        ours, theirs = Histogram(values.tolist(), num_bins=8), Histogram(values, num_bins=8)
        self.assertEqual(ours.edges, theirs.edges)
        self.assertEqual(ours.counts, theirs.counts)

    def test_wrong_use_is_said(self):
        for arguments in [{}, {"values": [1], "np_histogram": ([1], [0, 1])}, {"np_histogram": ([1], [0])}, {"np_histogram": ([1, 1], [0, 1, 1])},
                          {"values": [1], "num_bins": 0}, {"np_histogram": ([-1], [0, 1])}]:
            with self.assertRaises(UsageError):
                Histogram(**arguments)
