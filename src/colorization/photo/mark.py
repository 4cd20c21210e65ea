"""What a result says of itself, for programs to read: its colours are invented, and which program invented them.

The IPTC's vocabulary of digital sources has a word for a photograph to which a trained model added (Photo Metadata
Standard 2023.1); the EU's AI Act, article 50(2), wants results of generative systems to be marked so.
"""

from colorization import __version__

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


def program() -> str:
    """This program's name and version, as --version tells them."""
    return f"colorize {__version__}"


def joined(before: str, ours: str) -> str:
    """The programs that made a file, ours last and once: what made the photograph is worth keeping."""
    programs = [part for part in (part.strip(" \0") for part in before.split(";")) if part and not _is_ours(part)]
    return "; ".join([*programs, ours])


def _is_ours(name: str) -> bool:
    """Whether a program's name is ours, of any version."""
    return name.split(" ")[0] == "colorize"
