"""Run one of READERS on inputs from Hypothesis: python -m chaos.generated NAME INPUTS SEED KEEP."""

import resource
import signal
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from chaos import made
from chaos.targets import READERS

SECONDS = 20  # limit for one input, which takes milliseconds
BYTES = 4 * 2**30  # limit of memory


def attempts(name: str, count: int, number: int, keep: Path) -> tuple[int, int, dict[str, str]]:
    """The numbers of inputs tried and accepted, and the first input of each kind of failure."""
    tried, taken, failures = 0, 0, {}

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # keep the input of a failure unchanged
        suppress_health_check=list(HealthCheck),
    )
    @given(made.files(name))
    def attempt(data: bytes) -> None:
        nonlocal tried, taken
        tried += 1
        (keep / f"{name}-current").write_bytes(data)  # remains if this process dies
        signal.alarm(SECONDS)
        try:
            taken += READERS[name].takes(Path(folder), data)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
            if kind not in failures:
                (keep / f"{name}-{tried}").write_bytes(data)
                failures[kind] = f"{error} ({keep / f'{name}-{tried}'})"
        finally:
            signal.alarm(0)

    with tempfile.TemporaryDirectory() as folder:
        attempt()
    (keep / f"{name}-current").unlink(missing_ok=True)
    return tried, taken, failures


def too_long(signum, frame):
    raise AssertionError(f"no answer within {SECONDS} s")


def main() -> None:
    name, count, number, keep = sys.argv[1:]
    signal.signal(signal.SIGALRM, too_long)
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))
    tried, taken, failures = attempts(name, int(count), int(number), Path(keep))
    for kind, told in failures.items():
        print("failure:", kind, " ".join(told.split())[:300])
    print(f"stat::tried: {tried}\nstat::taken: {taken}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
