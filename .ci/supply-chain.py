#!/usr/bin/env python3
"""What the product is made of: licences, known weaknesses, and a bill of materials (CycloneDX 1.6) from the lock data of .NET and npm.

    .ci/supply-chain.py sbom      writes deploy/sbom.json (or with --check says whether it is current)
    .ci/supply-chain.py licences  fails where a shipped package has none of the licences below
    .ci/supply-chain.py audit     asks the registries for known weaknesses; skips with a word where one does not answer

Standard library only. Needs a restored server (obj/project.assets.json) and an installed dashboard (node_modules).
"""
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

root = Path(__file__).resolve().parent.parent
web = root / "src/Tracker.Web"
assets = root / "src/Tracker.Api/obj/project.assets.json"
sbom = root / "deploy/sbom.json"
allowed = {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD", "PostgreSQL", "OFL-1.1", "CC0-1.0", "Unlicense", "BlueOak-1.0.0", "Python-2.0", "MIT-0"}
# Packages whose manifest names a file or an address instead of a licence: read by a person.
read = {"Google.Protobuf": "BSD-3-Clause"}


def nuget():
    """The packages that the server ships, with their licences."""
    data = json.loads(assets.read_text())
    folders = [Path(folder) for folder in data["packageFolders"]]
    for key, entry in sorted(next(iter(data["targets"].values())).items()):
        name, version = key.split("/")
        if entry["type"] != "package" or not any(entry.get(part) for part in ("runtime", "runtimeTargets")):
            continue
        manifest = next(folder for folder in folders if (folder / name.lower() / version).exists()) / name.lower() / version / f"{name.lower()}.nuspec"
        metadata = next(iter(xml.parse(manifest).getroot()))
        fields = {element.tag.split("}")[1]: (element.get("type"), (element.text or "").strip()) for element in metadata}
        kind, licence = fields.get("license", (None, ""))
        if kind != "expression":
            address = re.search(r"licenses\.nuget\.org/([\w.-]+)|(apache.org/licenses/LICENSE-2)", fields.get("licenseUrl", ("", ""))[1])
            licence = read.get(name) or (address and (address[1] or "Apache-2.0")) or ""
        yield {"name": name, "version": version, "licence": licence, "purl": f"pkg:nuget/{name}@{version}"}


def npm():
    """The packages that the dashboard's bundle is made of."""
    lock = json.loads((web / "package-lock.json").read_text())
    for path, entry in sorted(lock["packages"].items()):
        if not path or entry.get("dev") or entry.get("optional"):
            continue
        name = path.split("node_modules/")[-1]
        licence = entry.get("license") or json.loads((web / path / "package.json").read_text()).get("license", "")
        yield {"name": name, "version": entry["version"], "licence": licence, "purl": f"pkg:npm/{name.replace('@', '%40')}@{entry['version']}"}


def document():
    version = re.search(r"<Version>(.*?)</Version>", (root / "Directory.Build.props").read_text())[1]
    components = [
        {"type": "library", "name": p["name"], "version": p["version"], "purl": p["purl"], "bom-ref": p["purl"], **({"licenses": [{"expression": p["licence"]}]} if p["licence"] else {})}
        for p in [*nuget(), *npm()]
    ]
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"component": {"type": "application", "name": "tracker", "version": version}}, "components": components}, indent=2) + "\n"


def check_licences():
    wrong = [f"{p['name']} {p['version']}: {p['licence'] or 'none named'}" for p in [*nuget(), *npm()] if not {part for part in re.split(r"[()\s]+|OR|AND", p["licence"]) if part} & allowed]
    print("\n".join(wrong) or "All licences are among the allowed ones.")
    return 1 if wrong else 0


def audit():
    failed = False
    asked = subprocess.run(["dotnet", "list", "src/Tracker.Api/Tracker.Api.csproj", "package", "--vulnerable", "--include-transitive", "--format", "json"], cwd=root, capture_output=True, text=True)
    try:
        answer = json.loads(asked.stdout)
        found = re.findall(r'"advisoryurl": "(.*?)"', json.dumps(answer))
        silent = [p.get("text", "") for p in answer.get("problems", [])]
        failed |= bool(found)
        print("NuGet:", "; ".join(found) if found else "skipped, the index does not answer: " + silent[0][:200] if silent else "no known weakness")
    except ValueError:
        print("NuGet: skipped, the index does not answer:", (asked.stderr or asked.stdout).strip()[:200])
    asked = subprocess.run(["npm", "audit", "--omit=dev", "--json"], cwd=web, capture_output=True, text=True)
    try:
        answer = json.loads(asked.stdout)
        counts = answer["metadata"]["vulnerabilities"]
        bad = counts["high"] + counts["critical"]
        failed |= bad > 0
        print("npm:", f"{bad} of high or critical severity: {', '.join(answer['vulnerabilities'])}" if bad else "no known weakness of high severity")
    except (ValueError, KeyError):
        print("npm: skipped, the registry does not answer:", (asked.stderr or asked.stdout).strip()[:200])
    return 1 if failed else 0


def main(arguments):
    if arguments == ["licences"]:
        return check_licences()
    if arguments == ["audit"]:
        return audit()
    if arguments == ["sbom"]:
        sbom.write_text(document())
        return 0
    if arguments == ["sbom", "--check"]:
        if sbom.read_text() == document():
            return 0
        print("deploy/sbom.json is not current: run .ci/supply-chain.py sbom")
        return 1
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
