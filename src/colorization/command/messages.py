"""What the command says of photographs that it colours, keeps and passes over."""

from collections.abc import Mapping, Sequence

from colorization.command.finding import BROKEN_LINK, LINKED_FOLDER
from colorization.command.plan import Exists, Job
from colorization.film.formats import INSTALL as INSTALL_FILM
from colorization.film.formats import SUFFIXES as FILM_SUFFIXES
from colorization.imaging.heif import INSTALL, SUFFIXES
from colorization.sources.archive import RAW, UNREADABLE

PICTURES = {*UNREADABLE, *RAW, ".pef", ".srw", ".erf", ".3fr", ".mos", ".nrw", ".rwl", ".kdc", ".dcr", ".mrw", ".x3f"}
PICTURES |= {".iiq", ".fff", ".mef", ".srf", ".sr2", ".raw", ".dcm", ".jxr", ".wdp", ".hdp", ".psb", ".avifs", ".exr"}
PICTURES |= {".hdr", ".svg", ".wmf", ".emf", ".ico", ".icns", ".fits", ".djvu", ".wbmp", ".pam", ".pct", ".pict"}
SIDECARS = {".xmp", ".aae", ".json", ".thm"}
ADVICE = (  # suffixes, and what to do about their files; the first that fits
    (set(SUFFIXES), f"{INSTALL}, and they are read"),
    (set(FILM_SUFFIXES), f"{INSTALL_FILM}, and they are coloured, too"),
    ({".pdf"}, "pdfimages -all FILE.pdf NAME, of the package poppler, takes the pictures of its pages out"),
    (PICTURES, "convert them to JPEG or TIFF first"),
    (SIDECARS, "they describe photographs; copy them beside the results"),
)


def planned(job: Job) -> str:
    """The line of --dry-run about a photograph."""
    return f"{job.source} → {', '.join(map(str, job.writes))} ({job.header.width}×{job.header.height})"


def existing(found: Sequence[Exists]) -> str:
    """A line about results that exist: a single one by its name, several by their number and the first."""
    first = found[0].result
    if len(found) == 1:
        return f"{first} exists; --skip-existing keeps it, --overwrite replaces it"
    told = f"{len(found)} results exist, the first is {first}"
    return f"{told}; --skip-existing keeps them, --overwrite replaces them"


def passed_over(counts: Mapping[str, int]) -> list[str]:
    """One line for each kind of file that was passed over, with what to do about it."""
    lines, rest = [], {kind: count for kind, count in counts.items() if count}
    for kinds, advice in ADVICE:
        if told := [f"{rest.pop(kind)} {kind}" for kind in sorted(kinds & rest.keys())]:
            lines.append(f"passed over {', '.join(told)}: {advice}")
    links, broken = rest.pop(LINKED_FOLDER, 0), rest.pop(BROKEN_LINK, 0)
    if rest:
        told = [f"{rest[kind]} {kind or 'without a suffix'}" for kind in sorted(rest)]
        lines.append(f"passed over {', '.join(told)}: not named like photographs; name a file to colorize it")
    if links:
        lines.append(f"passed over {number(links, LINKED_FOLDER)}: name them to colorize what they hold")
    if broken:
        lines.append(f"passed over {number(broken, BROKEN_LINK)}: the file is missing")
    return lines


def number(count: int, thing: str) -> str:
    """A count with its noun, as "1 photograph" and "2 photographs"."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
