"""Settings of the machine in environment variables."""

import math
import os

from colorization.core.errors import InputError


def number(name: str, unit: str, example: str) -> float | None:
    """The variable's number, 0 or more; None if it is not set or empty. Raises InputError for anything else."""
    wanted = os.environ.get(name)
    if not wanted:
        return None
    try:
        found = float(wanted)
    except ValueError:
        found = math.nan
    if not found >= 0:
        raise InputError(f"{name}: must be a number of {unit} from 0, like {example}, not {wanted[:80]!r}")
    return found
