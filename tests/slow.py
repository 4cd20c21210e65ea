"""Which tests `make test` leaves to `make test-all`: those that take longer than LONGEST, as measured.

python -m pytest --junitxml=all.xml && python tests/slow.py all.xml     # writes tests/slow.txt

A test that is not in the file counts as quick. Tests of a whole study are always slow (conftest.py).
"""

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

LIST = Path(__file__).with_suffix(".txt")
LONGEST = (
    4.0  # seconds of a test, or of all its parameters together, on a busy machine: about half as many on a quiet one
)


def measured(files: list[str]) -> Counter[str]:
    """Seconds of each test function, "tests/folder/file.py::function", over all its parameters."""
    seconds: Counter[str] = Counter()
    for file in files:
        for case in ElementTree.parse(file).getroot().iter("testcase"):
            path = f"{case.attrib['classname'].replace('.', '/')}.py"
            seconds[f"{path}::{case.attrib['name'].partition('[')[0]}"] += float(case.attrib["time"])
    return seconds


def names() -> set[str]:
    return set(LIST.read_text(encoding="utf-8").split()) if LIST.exists() else set()


if __name__ == "__main__":
    slow = sorted(name for name, spent in measured(sys.argv[1:]).items() if spent > LONGEST)
    LIST.write_text("\n".join(slow) + "\n", encoding="utf-8")
    print(f"{LIST}: {len(slow)} tests")
