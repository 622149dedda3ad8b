"""The 8×8 digits that the examples share: 1,797 images of 64 pixels from 0 to 16, and their labels."""

import csv
import gzip
import random
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "FailureModes" / "data" / "digits.csv.gz"
CLASSES = 10


def read(seed=0):
    """(training, validation), each a list of (pixels with mean 0 and deviation 1, label), shuffled the same way every time."""
    with gzip.open(DATA, "rt", newline="") as file:
        samples = [([float(pixel) for pixel in row[:64]], int(row[64])) for row in csv.reader(file)]
    pixels = [pixel for image, _ in samples for pixel in image]
    mean = sum(pixels) / len(pixels)
    deviation = (sum((pixel - mean) ** 2 for pixel in pixels) / len(pixels)) ** 0.5
    samples = [([(pixel - mean) / deviation for pixel in image], label) for image, label in samples]
    random.Random(seed).shuffle(samples)
    return samples[360:], samples[:360]
