#!/usr/bin/env python3
"""Reads the reports (TRX) that a test run left, one a test project.

    .ci/test-results.py again FOLDER  runs each failed test once more, alone; exit code 0 when every one of them passed then
    .ci/test-results.py count FOLDER  names the tests that failed, then counts all

The browser, kill and race tests wait on real processes on a machine that may be slow. A test that fails among 2,500 others and passes alone
is named as unsteady, to be mended, and refuses no change. More than ten failures are no accident, nor is a report that is missing.
"""
import json
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

space = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"
most = 10


def reports(folder):
    return [xml.parse(path).getroot() for path in sorted(folder.glob("*.trx"))]


def failures(folder):
    """(assembly, Class.Method) of each test case that failed."""
    for report in reports(folder):
        methods = {test.get("id"): test.find(f"{space}TestMethod") for test in report.iter(f"{space}UnitTest")}
        for case in report.iter(f"{space}UnitTestResult"):
            if case.get("outcome") == "Failed":
                method = methods[case.get("testId")]
                yield method.get("codeBase"), f"{method.get('className')}.{method.get('name')}"


def again(folder):
    projects = len(list(Path("tests").glob("*.Tests")))
    tests = list(dict.fromkeys(failures(folder)))
    if len(reports(folder)) < projects or not 0 < len(tests) <= most:
        return False
    passed = []
    for assembly, method in tests:
        print(f"Once more, alone: {method}", flush=True)
        if subprocess.run(["dotnet", assembly, "-method", method], timeout=600).returncode == 0:
            passed.append(method)
    (folder / "passed-alone.json").write_text(json.dumps(passed))
    return len(passed) == len(tests)


def count(folder):
    kept = folder / "passed-alone.json"
    alone = json.loads(kept.read_text()) if kept.exists() else []
    counters = [next(report.iter(f"{space}Counters")) for report in reports(folder)]
    total = {name: sum(int(counter.get(name, 0)) for counter in counters) for name in ("passed", "failed", "error", "notExecuted")}
    failed = [method for _, method in failures(folder)]
    unsteady = sum(method in alone for method in failed)
    for method in dict.fromkeys(failed):
        print(f"UNSTEADY (passed alone): {method}" if method in alone else f"FAILED: {method}")
    print(f"{total['passed'] + unsteady} passed, {total['failed'] + total['error'] - unsteady} failed, {total['notExecuted']} skipped")
    return True


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("again", "count"):
        sys.exit(__doc__)
    sys.exit(0 if {"again": again, "count": count}[sys.argv[1]](Path(sys.argv[2])) else 1)
