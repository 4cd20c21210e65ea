"""`make audit`: ask OSV, with pip-audit, for known vulnerabilities of every package that the given lock files name.

Fails when one is found, and when the service did not answer or does not know the canary: silence is no clean bill.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SERVICE = "https://api.osv.dev/v1/query"
CANARY = "jinja2==2.4.1"  # whose vulnerabilities any advisory service has known for years


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("locks", nargs="+", type=Path, metavar="LOCK")
    parser.add_argument("--service", default=SERVICE, help="address of an OSV service (default: %(default)s)")
    wanted = parser.parse_args()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as canary:
        canary.write(f"{CANARY} --hash=sha256:{'0' * 64}\n")
        canary.flush()
        if not vulnerable(ask([Path(canary.name)], wanted.service)):
            sys.exit(f"error: {wanted.service} does not know that {CANARY} is vulnerable; nothing was audited")
    answers = ask(wanted.locks, wanted.service)
    found = vulnerable(answers)
    for line in found:
        print(line)
    if found:
        sys.exit(f"error: {len(found)} known vulnerabilities; raise the pins in requirements*.txt and run: make lock")
    print(f"{len(answers)} packages of {', '.join(path.name for path in wanted.locks)}: no known vulnerability")


def ask(locks: list[Path], service: str) -> list[dict]:
    """pip-audit's answer for every package of the lock files; ends the program with one line where it has none."""
    files = [part for lock in locks for part in ("--requirement", str(lock))]
    options = ["--disable-pip", "--format=json", "--vulnerability-service=osv", "--osv-url", service]
    command = [sys.executable, "-m", "pip_audit", *options, "--progress-spinner=off", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        answers = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        sys.exit(f"error: the advisory service {service} cannot be reached, nothing was audited ({reason[:200]})")
    skipped = [answer for answer in answers if "skip_reason" in answer]
    if skipped:
        sys.exit(f"error: {len(skipped)} packages were not audited ({skipped[0]['skip_reason'][:200]})")
    return answers


def vulnerable(answers: list[dict]) -> list[str]:
    """A line for every vulnerability: package, its name, the versions that mend it."""
    return [
        f"{answer['name']} {answer['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'none'}"
        for answer in answers
        for fault in answer["vulns"]
    ]


if __name__ == "__main__":
    main()
