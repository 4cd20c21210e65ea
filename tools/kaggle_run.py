"""Run the study on a GPU that Kaggle lends, for hours, with the account that the download needs anyway.

python -m tools.kaggle_run paper
python -m tools.kaggle_run paper --set models.gan.l1_weight=50 --name paper-l1-50

It pushes a script that clones this revision (which must be on the public repository), attaches the data set, copies
presets/NAME.yaml and runs `dvc repro`. A session ends after 12 hours; the next one continues from its state. Stop it
with Ctrl-C at any time: the script goes on, and a second call follows it. Results come to results/NAME, models to
.checkpoints/kaggle-run/NAME/models.
"""

import argparse
import json
import re
import shutil
import time
from pathlib import Path

from tqdm import tqdm

from colorization.core import paths
from colorization.core.errors import InputError, one_line, run
from colorization.core.files import locked, read_json, write_json
from tools import kaggle_kernel, kernels
from tools.publish import output
from tools.set_params import checked

HOURS = 11.3  # of a session's 12: the rest is for the installation and the output
INSTALL = ["make", "install"]
EVERY = 60.0  # seconds between two questions
PUBLIC = re.compile(r"(?:git@|ssh://git@|https://)([\w.-]+)[:/]([\w./-]+?)(?:\.git)?/?")


def address() -> str:
    """The public address of this repository. Raises InputError without one, and if it lacks this revision."""
    found = PUBLIC.fullmatch(output("git", "remote", "get-url", "origin"))
    if found is None:
        raise InputError("git remote origin: not the address of a public repository; Kaggle clones from there")
    if not output("git", "branch", "--remotes", "--list", "origin/*", "--contains", "HEAD"):
        raise InputError("git: this revision is not on origin; push it first, since Kaggle clones it from there")
    return f"https://{found[1]}/{found[2]}.git"


def script(wanted: dict) -> str:
    """The kernel's script for a run."""
    text = Path(kaggle_kernel.__file__).read_text(encoding="utf-8")
    return text.replace("WANTED: dict = {}", f"WANTED: dict = json.loads({json.dumps(json.dumps(wanted))})", 1)


def begin(name: str, preset: Path, changes: list[str], owner: str | None) -> dict:
    """A run that has not been pushed yet. Raises InputError for a preset or changes that do not work."""
    if not preset.is_file():
        raise InputError(f"{preset}: file not found; the presets are in presets/")
    _, config = checked(preset, changes)
    wanted = {"address": address(), "revision": output("git", "rev-parse", "HEAD"), "name": name,
              "preset": preset.as_posix(), "changes": changes, "hours": HOURS, "install": INSTALL,
              "folder": config.data.kaggle.dataset.split("/")[1]}  # fmt: skip
    return {"owner": owner or kernels.owner(), "dataset": config.data.kaggle.dataset, "wanted": wanted, "session": 0}


def kernel_of(state: dict, session: int) -> str:
    return f"{state['owner']}/colorization-{state['wanted']['name']}-{session}"


def next_session(state: dict, file: Path) -> None:
    """Push the next session of a run, which continues from the output of the one before."""
    session = state["session"] + 1
    before = kernel_of(state, session - 1) if session > 1 else None
    where = kernels.push(kernel_of(state, session), script(state["wanted"]), dataset=state["dataset"], before=before)
    state["session"] = session
    write_json(file, state)
    print(f"session {session}: {where}", flush=True)


class EndedError(InputError):
    """A session ended on Kaggle before the study could keep its state."""


def follow(kernel: str) -> None:
    """Wait until a kernel ends, with a progress line. Raises EndedError if it fails or is cancelled."""
    with tqdm(bar_format="{desc} {elapsed}", disable=None) as bar:
        while not (found := kernels.state(kernel)).ended:
            bar.set_description_str(f"{kernel}: {found.name.lower()}")
            time.sleep(EVERY)
    if found.name == "COMPLETE":
        return
    if found.name == "ERROR":
        folder = paths.CHECKPOINTS / "kaggle-run" / "failed"
        lines = [line for line in _told(kernels.bring(kernel, folder)).splitlines() if line.strip()]
        why = one_line("; ".join([found.why, *lines[-2:]]).strip("; "), 300)
        raise EndedError(f"{kernel}: failed on Kaggle ({why}); mend it and run it again")
    raise EndedError(f"{kernel}: was cancelled on Kaggle; run it again to start over from the last session's state")


def _told(log: str) -> str:
    """The text of a kernel's log, which is JSON of its parts."""
    try:
        return "".join(part["data"] for part in json.loads(log))
    except (ValueError, KeyError, TypeError):
        return log


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.kaggle_run", description=__doc__.splitlines()[0])
    parser.add_argument("preset", help="a file of presets/, such as paper")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a parameter; several")
    parser.add_argument("--name", help="of the folder in results/ (default: the preset's)")
    parser.add_argument("--owner", help="your user name on Kaggle (default: the client's)")
    asked = parser.parse_args()
    name = asked.name or asked.preset
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,29}", name):
        raise InputError(f"--name {name[:40]}: expected lower-case letters, digits and hyphens, at most 30")
    folder = paths.CHECKPOINTS / "kaggle-run"
    with locked(folder, "another process follows a run"):
        file = folder / f"{name}.json"
        state = read_json(file) if file.exists() else begin(name, _preset(asked.preset), asked.set, asked.owner)
        if file.exists() and (state["wanted"]["changes"], state["wanted"]["preset"]) != (
            asked.set, _preset(asked.preset).as_posix(),
        ):  # fmt: skip
            raise InputError(
                f"{file}: a run of this name has other parameters; delete the file, or choose another --name"
            )
        complete(state, file, folder / name)
    print(f"results/{name}: brought home from {state['session']} session(s); models in {folder / name / 'models'}")


def complete(state: dict, file: Path, home: Path) -> None:
    """Follow a run to its end over all its sessions, and bring its results home."""
    if not state["session"]:
        shutil.rmtree(home, ignore_errors=True)
        next_session(state, file)
    while True:
        kernel = kernel_of(state, state["session"])
        try:
            follow(kernel)
        except EndedError:
            state["session"] -= 1  # a second call pushes this session again
            write_json(file, state)
            raise
        kernels.bring(kernel, home)
        if read_json(home / "done.json")["finished"]:
            break
        shutil.rmtree(home)  # what the next session brings has the same names
        next_session(state, file)
    name = state["wanted"]["name"]
    shutil.rmtree(Path("results") / name, ignore_errors=True)
    shutil.copytree(home / "results" / name, Path("results") / name)
    file.unlink()


def _preset(name: str) -> Path:
    return Path("presets") / f"{name}.yaml"


if __name__ == "__main__":
    run(main)
