"""The snippets of the documentation run as they stand, against the server that TRACKER_TEST_URL names."""

import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = Path(__file__).resolve().parents[1]
URL = os.environ.get("TRACKER_TEST_URL", "").rstrip("/")
PAGES = ("README.md", "docs/api.md", "docs/clients/python.md", "docs/probes.md", "src/tracker-python/README.md")


def blocks(page):
    """(language, text) of the fenced blocks of a page."""
    path = ROOT / page
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@unittest.skipUnless((ROOT / "README.md").exists(), "the documentation is not beside this package")
class PageTests(unittest.TestCase):
    def test_links_lead_to_files(self):
        pages = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted((ROOT / "docs").rglob("*.md"))
        for page in pages:
            prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
            for link in re.findall(r"\]\(([^)\s#]+)", prose):
                if "://" not in link:
                    with self.subTest(page=page.name, link=link):
                        self.assertTrue((page.parent / link).exists())

    def test_every_package_has_its_reason(self):
        reasons = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
        packages = re.findall(r'PackageVersion Include="([^"]+)"', (ROOT / "Directory.Packages.props").read_text(encoding="utf-8"))
        web = json.loads((ROOT / "src" / "Tracker.Web" / "package.json").read_text(encoding="utf-8"))
        named = [name for name in (*web["dependencies"], *web["devDependencies"]) if not name.startswith("@types/")]
        for package in packages + named:
            with self.subTest(package=package):
                self.assertRegex(reasons, rf"(^|[\s|]){re.escape(package)}[\s,|]")


class SnippetTests(unittest.TestCase):
    @unittest.skipUnless((ROOT / "README.md").exists(), "the documentation is not beside this package")
    def test_every_page_has_snippets(self):
        for page in PAGES:
            self.assertTrue([text for language, text in blocks(page) if language == "python" or "curl" in text], page)

    def test_python_snippets_are_valid(self):
        for page in PAGES:
            for language, text in blocks(page):
                if language == "python":
                    compile(text, page, "exec")

    @unittest.skipUnless(URL, "TRACKER_TEST_URL names no server")
    def test_python_snippets_run(self):
        for page in PAGES:
            for number, (language, text) in enumerate(blocks(page)):
                if language == "python":
                    with self.subTest(page=page, block=number):
                        self.run_quietly([sys.executable, "-c", text])

    @unittest.skipUnless(URL, "TRACKER_TEST_URL names no server")
    def test_curl_snippets_run(self):
        for page in PAGES:
            for number, (language, text) in enumerate(blocks(page)):
                if language == "bash" and "curl " in text:
                    with self.subTest(page=page, block=number):
                        self.run_quietly(["bash", "-euc", text.replace("http://127.0.0.1:5080", URL)])

    def run_quietly(self, command):
        environment = {**os.environ, "TRACKER_URL": URL, "TRACKER_MODE": "online", "PYTHONPATH": str(PACKAGE)}
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertNotIn("does not take data", ran.stderr)
        self.assertNotIn("are lost", ran.stderr)
