"""`python -m tools.audit`: is anything that is locked known to be vulnerable?

pip-audit ends well where the index cannot be asked about a package, as a mirror often cannot. Here that is said.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def judged(answer: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Of pip-audit's JSON: a line for each vulnerability, and the packages that the index knows nothing of."""
    packages = answer["dependencies"]
    vulnerable = [
        f"{package['name']} {package['version']}: {known['id']}, "
        f"mended in {', '.join(known['fix_versions']) or 'no version yet'}: {known['description']}"
        for package in packages
        for known in package.get("vulns", ())
    ]
    return vulnerable, [package["name"] for package in packages if "skip_reason" in package]


def report(answer: dict[str, Any]) -> int:
    vulnerable, unknown = judged(answer)
    asked = len(answer["dependencies"]) - len(unknown)
    print(*vulnerable, f"{len(vulnerable)} vulnerabilities are known in {asked} packages.", sep="\n")
    if unknown:
        print(
            f"NOT AUDITED, as the index does not answer for them: {' '.join(unknown) if asked else 'all packages'}."
        )
    return bool(vulnerable)


def main(arguments: list[str]) -> int:
    """With pip-audit's `--strict` it is a failure, too, where something could not be asked."""
    lists = [word for path in sorted((ROOT / "requirements").glob("*.txt")) for word in ("-r", str(path))]
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner=off",
    ]
    asked = subprocess.run([*command, "--format=json", *lists, *arguments], capture_output=True, text=True)
    if asked.stdout:
        return report(json.loads(asked.stdout))
    why = asked.stderr.strip().splitlines()[-1]
    if why.startswith(("requests.exceptions.", "pip_audit._service.")) and "--strict" not in arguments:
        print(f"NOT AUDITED, as the index did not answer: {why}")
        return 0
    print(asked.stderr, file=sys.stderr)
    return asked.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
