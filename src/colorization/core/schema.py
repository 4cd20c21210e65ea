"""A YAML file → frozen dataclasses whose fields check their values."""

import dataclasses
import math
import re
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

import yaml

from colorization.core.errors import InputError, one_line, shown

MAX_BYTES = 64 * 1024  # largest file; ours have about 6 KB
LONGEST = 4096  # characters of a text; the longest path that Linux accepts
SHORT = 80  # characters of a value in an error message; longer ones are cut
# The list types that a field may have, and the type of their items.
LISTS: Mapping[Any, type] = {tuple[float, ...]: float, tuple[int, ...]: int, tuple[str, ...]: str}
NAMED = Mapping[str, str]  # one text, whose name is then "", or a block of named texts
COUNTS = Mapping[str, int]  # a block of named whole numbers, which may be empty: {}
NAME = re.compile("[a-z][a-z0-9_-]{0,29}")
NO_READERS: Mapping = {}
MOST = 32  # items in a list; each satisfies the field's rule
EMPTY = "empty"  # in the metadata of a list or a block that may have no items


def rule(
    low: float | None = None,
    high: float | None = None,
    choices: tuple = (),
    pattern: str = "",
    above: float | None = None,
):
    """A field with a rule for its value: low ≤ value ≤ high, above < value, one of `choices`, or a pattern."""
    return field(metadata={"low": low, "high": high, "choices": choices, "pattern": pattern, "above": above})


def any_number():
    """A field with a list of texts, or with named texts, that may be empty."""
    return field(metadata={EMPTY: True})


class _Loader(yaml.SafeLoader):
    """YAML without aliases, which can turn one line into gigabytes, and without duplicate keys."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="an alias (*name); write the value out", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        tree = super().construct_mapping(node, deep)
        if len(tree) < len(node.value):
            keys = [key.value for key, _ in node.value]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise yaml.MarkedYAMLError(
                problem=f"the key {_short(twice)} appears twice in the block", problem_mark=node.start_mark
            )
        return tree


def read_tree(path: Path) -> Any:
    """The content of a YAML file. Raises InputError if it is missing, larger than MAX_BYTES or not YAML."""
    if not path.is_file():
        raise InputError("file not found; run this in the repository's root")
    with open(path, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InputError(f"has more than {MAX_BYTES // 1024} KB; copy a file of presets/ over it")
    return tree_of(content)


def tree_of(content: bytes) -> Any:
    """The content of a YAML text. Raises InputError if it is none."""
    try:
        return yaml.load(content.decode(), _Loader)  # a SafeLoader
    except Exception as error:  # besides YAMLError, its constructors fail on a date 2001-99-99 or 5,000 digits
        raise InputError(f"not YAML: {one_line(error, 300)}") from None


def build(cls: type, tree: Any, where: str = "", readers: Mapping[str, Callable[[Any, str], Any]] = NO_READERS) -> Any:
    """Build a dataclass, nested ones included, from a tree of dicts. Raises InputError that names the key and the rule.

    readers: for keys that need their own reader, a function (block, its place) → value.
    """
    if not isinstance(tree, dict):
        raise InputError(f"{where or 'the file'}: expected a block of keys, not {_short(tree)}")
    fields = {f.name: f for f in dataclasses.fields(cls)}
    prefix = f"{where}." if where else ""
    for key in tree:
        if key not in fields:
            name = key if isinstance(key, str) and len(key) <= SHORT else _short(key)
            raise InputError(f"{prefix}{name}: unknown key; the keys here are {', '.join(fields)}")
    for key in fields:
        if key not in tree:
            raise InputError(f"{prefix}{key}: missing; copy it from a file in presets/")
    return cls(**{
        key: readers[key](tree[key], prefix + key) if key in readers else _value(f, tree[key], prefix + key)
        for key, f in fields.items()
    })  # fmt: skip


def _value(f: dataclasses.Field, value: Any, where: str) -> Any:
    if f.type in LISTS:
        kind = LISTS[f.type]
        rules, least = ({}, 0) if EMPTY in f.metadata else (f.metadata, 1)
        if type(value) is not list or not least <= len(value) <= MOST:
            raise InputError(f"{where}: expected a list of {least} to {MOST} {ITEMS[kind]}, not {_short(value)}")
        return tuple(_scalar(kind, rules, item, where) for item in value)
    if f.type == NAMED:
        return _named(f, value, where)
    if f.type == COUNTS:
        return _block(int, f.metadata, value, where, least=0)
    assert isinstance(f.type, type)
    if dataclasses.is_dataclass(f.type):
        return build(f.type, value, where)
    return _scalar(f.type, f.metadata, value, where)


def _named(f: dataclasses.Field, value: Any, where: str) -> dict[str, str]:
    if EMPTY in f.metadata:
        return _block(str, {}, value, where, least=0)
    if not isinstance(value, dict):
        return {"": _scalar(str, f.metadata, value, where)}
    return _block(str, f.metadata, value, where, least=1)


def _block(kind: type[Any], rules: Mapping, value: Any, where: str, *, least: int) -> dict[str, Any]:
    if not isinstance(value, dict) or not least <= len(value) <= MOST:
        expected = "a text, or a block" if least else "a block"
        raise InputError(f"{where}: expected {expected} of {least} to {MOST} named {ITEMS[kind]}, not {_short(value)}")
    for name in value:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise InputError(f"{where}: a name must look like {NAME.pattern}, not {_short(name)}")
    return {name: _scalar(kind, rules, one, f"{where}.{name}") for name, one in value.items()}


def _scalar(kind: type[Any], rules: Mapping, value: Any, where: str) -> Any:
    value = _number(value, where) if kind is float else value
    if type(value) is not kind:
        raise InputError(f"{where}: expected {KINDS[kind]}, not {_short(value)}")
    if kind is str and (len(value) > LONGEST or shown(value) != value):
        raise InputError(f"{where}: must be one line of at most {LONGEST} characters, not {_short(value)}")
    broken = _broken(value, **rules)
    if broken:
        raise InputError(f"{where}: {broken}, not {_short(value)}")
    return value


def _broken(value: Any, low=None, high=None, choices=(), pattern="", above=None) -> str:
    """The rule that a value breaks, or ""."""
    if choices and value not in choices:
        return f"must be one of {', '.join(choices)}"
    if pattern and not re.fullmatch(pattern, value, re.ASCII):
        return f"must look like {pattern}"
    if low is not None and value < low:
        return f"must be at least {low}"
    if above is not None and value <= above:
        return f"must be above {above}"
    return f"must be at most {high}" if high is not None and value > high else ""


KINDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
ITEMS = {float: "numbers", int: "whole numbers", str: "texts"}


def _number(value: Any, where: str) -> float:
    """A float from 1, 0.1 or "1e-4": `dvc exp run -S` writes that form, and PyYAML reads it as text."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{where}: expected a number, not {_short(value)}") from None
    if not math.isfinite(number):
        raise InputError(f"{where}: expected a finite number, not {_short(value)}")
    return number


def _short(value: Any) -> str:
    """The repr of a value, cut if it is long."""
    try:
        text = reprlib.repr(value)  # bounded for any value
    except ValueError:  # Python refuses to print a number of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"
