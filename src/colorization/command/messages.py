"""What the command says of photographs that it colours, keeps and passes over."""

from collections.abc import Mapping, Sequence

from colorization.command.plan import Exists, Job
from colorization.imaging.heif import INSTALL, SUFFIXES


def planned(job: Job) -> str:
    """The line of --dry-run about a photograph."""
    return f"{job.source} → {', '.join(map(str, job.writes))} ({job.header.width}×{job.header.height})"


def existing(found: Sequence[Exists]) -> str:
    """A line about results that exist: a single one by its name, several by their number and the first."""
    first = found[0].result
    told = f"{first} exists" if len(found) == 1 else f"{len(found)} results exist, the first is {first}"
    return f"{told}; --skip-existing keeps them, --overwrite replaces them"


def passed_over(counts: Mapping[str, int]) -> list[str]:
    """One line each about HEIC without its reader, other files that cannot be read, and folders that are links."""
    lines = []
    for heif, advice in ((True, f"{INSTALL}, and they are read"), (False, "convert them to JPEG or TIFF first")):
        kinds = [kind for kind in sorted(counts) if kind.startswith(".") and (kind in SUFFIXES) == heif]
        if kinds:
            lines.append(f"passed over {', '.join(f'{counts[kind]} {kind}' for kind in kinds)}: {advice}")
    if links := counts.get("linked folder", 0):
        lines.append(f"passed over {number(links, 'linked folder')}: name them to colorize what they hold")
    return lines


def number(count: int, thing: str) -> str:
    """A count with its noun, as "1 photograph" and "2 photographs"."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
