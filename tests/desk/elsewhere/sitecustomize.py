"""A Python on Linux that does not have what Windows does not have: put this folder first on PYTHONPATH.

Our own modules see sys.platform "win32", and no module, function or signal that Python lacks there. For every module:
an open or mapped file cannot be renamed, replaced or deleted; file names are blind to case, and some are refused; text
is cp1252 with CRLF unless the code says otherwise; processes are spawned. What other packages do on Windows by code of
their own, and paths with a drive or backslashes, are not simulated.

With DESK=darwin in the environment it is macOS: its name, the functions of Linux alone, case, and spawned processes.
"""

import builtins
import fcntl
import importlib.machinery
import io
import multiprocessing
import os
import runpy
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType, SimpleNamespace

runpy.run_path(str(Path(__file__).parents[2] / "guard/sitecustomize.py"))  # the tests use no network

DARWIN = os.environ.get("DESK") == "darwin"
OURS = ("colorization", "stages", "tools")
OF_LINUX = {"sched_getaffinity", "sched_setaffinity", "posix_fallocate", "getrandom", "memfd_create"}
NO_MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "readline", "curses", "posix"}
NOT_IN_OS = OF_LINUX | {
    "fork", "forkpty", "getsid", "getpgid", "setsid", "setpgid", "getuid", "geteuid", "getgid", "uname", "killpg",
    "mkfifo", "mknod", "nice", "chown", "lchown", "fchmod", "fchown", "statvfs", "sysconf", "pread", "pwrite", "wait",
    "waitid", "getloadavg", "getpriority", "sendfile", "sync", "O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC", "WNOHANG",
}  # fmt: skip
SIGNALS = {"SIGABRT", "SIGBREAK", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM"}
NOT_IN_SIGNAL = {name for name in dir(signal) if name.startswith("SIG") and name[3].isalpha()} - SIGNALS | {
    "alarm", "setitimer", "getitimer", "ITIMER_REAL", "pause", "pthread_kill", "sigwait", "siginterrupt",
}  # fmt: skip
DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}
KEPT = ("stat", "lstat", "listdir", "replace", "rename", "unlink", "mkdir", "utime")
real = {name: getattr(os, name) for name in KEPT}
real_open, real_path = io.open, os.path.realpath


# our modules: another platform


class Lacking(ModuleType):
    """A module without some of its names, and with other values for some."""

    def __init__(self, module: ModuleType, lacking: set[str], other: dict):
        super().__init__(module.__name__)
        self.__dict__.update(of=module, lacking=lacking, other=other)

    def __getattr__(self, name: str):
        if name in self.lacking:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return self.other[name] if name in self.other else getattr(self.of, name)

    def __setattr__(self, name: str, value):
        setattr(self.of, name, value)


def locking(number: int, mode: int, length: int) -> None:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PermissionError(13, "Permission denied") from None


THERE = {
    "os": Lacking(os, NOT_IN_OS, {"name": "nt", "sep": "\\", "altsep": "/"}),
    "signal": Lacking(signal, NOT_IN_SIGNAL, {}),
    "sys": Lacking(sys, {"abiflags", "getdlopenflags"}, {"platform": "win32"}),
    "msvcrt": SimpleNamespace(locking=locking, LK_NBLCK=2, LK_UNLCK=0),
}
if DARWIN:
    NO_MODULES = {"msvcrt", "winreg"}
    THERE = {"os": Lacking(os, OF_LINUX, {}), "sys": Lacking(sys, set(), {"platform": "darwin"})}


def import_as_there(name: str, *arguments):
    if name in NO_MODULES:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return THERE[name] if name in THERE else builtins.__import__(name, *arguments)


class Loader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = vars(builtins) | {"__import__": import_as_there}
        super().exec_module(module)


class Finder(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        spec = super().find_spec(name, path, target) if name.split(".")[0] in OURS else None
        if spec and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = Loader(name, spec.loader.path)
        return spec


# every module: another file system


def stored(path):
    """The path as it is stored: each part that does not exist in its case is looked for in any."""
    if isinstance(path, int) or not os.fspath(path):
        return path
    text = os.fsdecode(path)
    try:
        real["lstat"](text)
        return path
    except OSError:
        folder, name = os.path.split(text.rstrip("/"))
        folder = str(stored(folder)) if folder not in ("", "/") else folder
        try:
            found = next((one for one in real["listdir"](folder or ".") if one.lower() == name.lower()), name)
        except OSError:
            found = name
        return os.path.join(folder, found)


def refuse_name(path) -> None:
    """As CreateFile for characters; for devices and shortened names it would succeed, and our file be lost."""
    name = os.path.basename(os.fsdecode(path))
    if name.split(".")[0].rstrip().lower() in DEVICES or name.endswith((".", " ")) or set(name) & set('<>:"|?*'):
        raise OSError(22, "Invalid argument (Windows)", str(path))


def refuse_open(path) -> None:
    """Raise what Windows raises for a file, or a folder with a file, that any process has open or mapped."""
    wanted = real_path(path)
    if any(one == wanted or one.startswith(wanted + "/") for one in held()):
        error = PermissionError(13, "The process cannot access the file because it is being used", str(path))
        error.winerror = 32
        raise error


def held():
    """The open files of all processes, and the mapped ones of this."""
    for number in filter(str.isdecimal, real["listdir"]("/proc")):
        with suppress(OSError):  # it has ended
            for one in real["listdir"](f"/proc/{number}/fd"):
                with suppress(OSError):
                    yield os.readlink(f"/proc/{number}/fd/{one}")
    with real_open("/proc/self/maps") as file:
        yield from (line.split(maxsplit=5)[5].strip() for line in file if "/" in line)


def stat(path, **options):
    return real["stat"](stored(path), **options)


def lstat(path, **options):
    return real["lstat"](stored(path), **options)


def unlink(path, **options):
    path = stored(path)
    refuse_open(path)
    real["unlink"](path, **options)


def replace(source, target, **options):
    source, target = stored(source), stored(target)
    refuse_name(target)
    for path in (source, target):
        refuse_open(path)
    real["replace"](source, target, **options)


def rename(source, target, **options):
    if os.path.lexists(target) and str(stored(target)) != str(stored(source)):
        raise FileExistsError(17, "Cannot create a file when that file already exists", str(target))
    refuse_open(stored(source))
    refuse_name(target)
    real["rename"](stored(source), target, **options)


def mkdir(path, *arguments, **options):
    refuse_name(str(path).rstrip("/"))
    real["mkdir"](stored(path), *arguments, **options)


def open_as_there(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *arguments, **options):
    if not isinstance(file, int):
        file = stored(file)
        if set(mode) & set("wax+") and not DARWIN:
            refuse_name(file)
    if "b" not in mode and not DARWIN:
        encoding = "cp1252" if encoding in (None, "locale") else encoding
        newline = "\r\n" if newline is None and set(mode) & set("wax") else newline
    return real_open(file, mode, buffering, encoding, errors, newline, *arguments, **options)


os.stat, os.lstat = stat, lstat
os.utime = lambda path, *arguments, **options: real["utime"](stored(path), *arguments, **options)
io.open = builtins.open = open_as_there
if not DARWIN:
    os.unlink, os.remove, os.replace, os.rename, os.mkdir, os.linesep = unlink, unlink, replace, rename, mkdir, "\r\n"
    os.path.realpath = lambda path, **options: real_path(stored(path), **options)
    shutil._use_fd_functions = False
    subprocess.Popen.kill = lambda self: self.send_signal(9)
multiprocessing.set_start_method("spawn")
sys.meta_path.insert(0, Finder)
