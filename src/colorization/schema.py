"""From a tree of keys, as YAML gives it, to frozen dataclasses whose fields say what their values must satisfy."""

import dataclasses
import math
import re
from dataclasses import field
from typing import Any

from colorization.errors import InputError


def rule(
    low: float | None = None,
    high: float | None = None,
    choices: tuple = (),
    pattern: str = "",
    above: float | None = None,
):
    """A field and what its value must satisfy: low ≤ value ≤ high, above < value, one of `choices`, or a pattern."""
    return field(metadata={"low": low, "high": high, "choices": choices, "pattern": pattern, "above": above})


def build(cls: type, tree: Any, where: str = "") -> Any:
    """A dataclass, and those within it, from a tree of dicts. Raises InputError that names the key and the rule."""
    if not isinstance(tree, dict):
        raise InputError(f"{where or 'the file'}: expected a block of keys, not {tree!r}")
    fields = {f.name: f for f in dataclasses.fields(cls)}
    prefix = f"{where}." if where else ""
    for key in tree:
        if key not in fields:
            raise InputError(f"{prefix}{key}: unknown key; the keys here are {', '.join(fields)}")
    for key in fields:
        if key not in tree:
            raise InputError(f"{prefix}{key}: missing; copy it from a file in presets/")
    return cls(**{key: _value(f, tree[key], prefix + key) for key, f in fields.items()})


def _value(f: dataclasses.Field, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(f.type):
        return build(f.type, value, where)
    value = _number(value, where) if f.type is float else value
    if type(value) is not f.type:
        raise InputError(f"{where}: expected {KINDS[f.type]}, not {value!r}")
    low, high, choices, pattern, above = (f.metadata.get(k) for k in ("low", "high", "choices", "pattern", "above"))
    if choices and value not in choices:
        raise InputError(f"{where}: must be one of {', '.join(choices)}, not {value!r}")
    if pattern and not re.fullmatch(pattern, value):
        raise InputError(f"{where}: {value!r} does not look like {pattern}")
    if low is not None and value < low:
        raise InputError(f"{where}: must be at least {low}, not {value}")
    if above is not None and value <= above:
        raise InputError(f"{where}: must be above {above}, not {value}")
    if high is not None and value > high:
        raise InputError(f"{where}: must be at most {high}, not {value}")
    return value


KINDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def _number(value: Any, where: str) -> float:
    """A float from 1, 0.1 or "1e-4", which PyYAML reads as a text and `dvc exp run -S` writes."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{where}: expected a number, not {value!r}") from None
    if not math.isfinite(number):
        raise InputError(f"{where}: expected a finite number, not {value!r}")
    return number
