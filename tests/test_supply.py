"""Dependencies are locked with hashes and audited; tests use no network; telemetry is off; git holds no credentials."""

import gzip
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import tomllib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import NETWORK_LOG, ROOT, run

LOCKS = {path.stem: path.read_text() for path in ROOT.glob("requirements*.lock")}
PIN = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)
TOOLS = ROOT / ".tools/bin/python"


def pins(text: str) -> dict[str, str]:
    return {name.lower().replace("_", "-").replace(".", "-"): version for name, version in PIN.findall(text)}


@pytest.mark.parametrize("name", sorted(path.stem for path in ROOT.glob("requirements*.txt")))
def test_every_pin_is_locked(name):
    ours, locked = pins((ROOT / f"{name}.txt").read_text()), pins(LOCKS[name])
    assert ours and ours.items() <= locked.items(), "requirements*.txt changed; run: make lock"


@pytest.mark.parametrize("name", LOCKS)
def test_everything_locked_has_hashes_and_no_address(name):
    entries = [e for e in re.split(r"\n(?=\S)", LOCKS[name]) if e and not e.startswith("#")]
    assert entries and all(re.match(r"[\w.-]+==\S+", e) and "--hash=sha256:" in e for e in entries)
    assert "://" not in LOCKS[name] and "index" not in LOCKS[name]


def test_all_requirements_are_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    locked = pins(LOCKS["requirements"])
    assert {re.match(r"[\w.-]+", n)[0].lower() for n in needed} <= locked.keys()


def test_the_packages_of_npm_are_locked_with_hashes_and_no_address():
    wanted = json.loads((ROOT / "tools/try/package.json").read_text())["dependencies"]
    packages = json.loads((ROOT / "tools/try/package-lock.json").read_text())["packages"]
    assert packages.pop("")["dependencies"] == wanted, "package.json changed; run: npm install in tools/try"
    assert {f"node_modules/{name}": version for name, version in wanted.items()}.items() <= {
        name: package["version"] for name, package in packages.items()
    }.items()
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-") and "resolved" not in package, name


# known vulnerabilities


@contextmanager
def service(answer):
    """A local server; answer: the bytes of a POST → status and JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            status, told = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def do_GET(self):
            self.send_error(404)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def advisories():
    """A local OSV service; its `known` lists the vulnerable package names."""

    def answer(query):
        name = json.loads(query)["package"]["name"]
        fault = {"id": f"FAULT-{name}", "summary": "bad", "affected": []}
        return server.status, {"vulns": [fault]} if name in server.known else {}

    with service(answer) as server:
        server.known, server.status = {"jinja2"}, 200
        yield server


@pytest.fixture
def audit(tmp_path):
    """Run `make audit` on a small lock file against a port; returns its exit status and output."""
    if not TOOLS.exists():
        assert "CI" not in os.environ, "CI needs pip-audit: make .tools/installed"
        pytest.skip("no pip-audit: make .tools/installed")
    lock = tmp_path / "some.lock"
    lock.write_text("".join(f"{name}==1.0 --hash=sha256:{'0' * 64}\n" for name in ("pillow", "torch")))
    (tmp_path / "other.lock").write_text(lock.read_text())  # a package in two files is queried once

    def ask(port: int) -> tuple[int, str]:
        command = [
            TOOLS,
            ROOT / ".ci/audit.py",
            "--service",
            f"http://127.0.0.1:{port}/",
            lock,
            tmp_path / "other.lock",
        ]
        done = run(command, tmp_path, check=False)
        return done.returncode, done.stdout + done.stderr

    return ask


def test_an_audit_without_vulnerabilities_passes(audit, advisories):
    assert audit(advisories.server_port) == (0, "2 packages of some.lock, other.lock: no known vulnerability\n")


def test_an_audit_with_a_vulnerability_fails(audit, advisories):
    advisories.known.add("torch")
    status, output = audit(advisories.server_port)
    assert status == 1 and output.startswith("torch 1.0: FAULT-torch, mended in none\nerror: 1 known vulnerabilit")


def test_an_unanswered_audit_fails_in_one_line(audit, advisories):
    advisories.known.clear()  # answers "none known" to everything, as a proxy might
    status, output = audit(advisories.server_port)
    assert status == 1 and "does not know that jinja2==2.4.1 is vulnerable; nothing was audited" in output
    advisories.status = 503
    status, output = audit(advisories.server_port)
    assert status == 1 and "cannot be reached, nothing was audited" in output and output.count("\n") == 1
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        status, output = audit(closed.getsockname()[1])
    assert status == 1 and "cannot be reached, nothing was audited" in output and output.count("\n") == 1


@pytest.mark.parametrize("bad, status", [((), 0), (("fflate",), 1)])
def test_the_packages_of_npm_are_audited(bad, status):
    """With the Makefile's command, against a local registry that answers as npm's does."""
    if not shutil.which("npm"):
        assert "CI" not in os.environ or "NO_NPM" in os.environ, "CI needs npm"
        pytest.skip("no npm")
    [command] = re.findall(r"^\t(npm audit .*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    fault = {"id": 1, "url": "https://example.invalid", "title": "bad", "severity": "high", "vulnerable_versions": "*"}
    asked = []

    def answer(query):
        asked.extend(json.loads(gzip.decompress(query)))
        return 200, {name: [fault | {"cwe": [], "cvss": {}}] for name in bad}

    with service(answer) as server:
        registry = {"npm_config_registry": f"http://127.0.0.1:{server.server_port}/"}
        done = subprocess.run(
            shlex.split(command), cwd=ROOT, env=os.environ | registry, capture_output=True, text=True, check=False
        )
    assert {"fflate", "onnxruntime-web"} <= set(asked)
    assert done.returncode == status and all(name in done.stdout for name in bad), done.stdout + done.stderr


# the network


ASK = "import socket; socket.socket().connect(('192.0.2.1', 9))"  # RFC 5737: a documentation address


def test_the_network_guard_covers_this_process_and_its_children():
    for name in ("example.invalid", b"example.invalid"):
        with pytest.raises(OSError, match="may not ask"):
            socket.getaddrinfo(name, 80)
    with pytest.raises(OSError, match="may not ask"), socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.sendto(b"?", ("192.0.2.1", 53))
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=False)
    assert "the tests may not ask 192.0.2.1" in done.stderr
    asked = NETWORK_LOG.read_text()
    assert [asked.count(host) for host in ("example.invalid", "sendto 192.0.2.1", "connect 192.0.2.1")] == [2, 1, 1]
    NETWORK_LOG.unlink()


def test_the_network_guard_allows_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()


def test_telemetry_is_disabled():
    for key in ("core.analytics", "core.check_update"):
        assert run([sys.executable, "-m", "dvc", "config", key], ROOT).stdout.strip() == "false"
    code = "import dvc.analytics, sys; sys.exit(dvc.analytics.is_enabled())"
    unset = {k: v for k, v in os.environ.items() if k not in ("DVC_NO_ANALYTICS", "DVC_TEST")}
    run([sys.executable, "-c", code], ROOT, env=unset)


# credentials


CREDENTIALS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "Kaggle's": r"""(?i)["']?key["']?\s*[:=]\s*["']?[0-9a-f]{32}\b|\bKGAT_[0-9a-f]{32}""",
    "GitHub's": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{50,})",
    "Amazon's": r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "Google's": r"\bAIza[\w-]{35}|\bya29\.[\w-]{20,}",
    "Hugging Face's": r"\bhf_[A-Za-z0-9]{30,}",
    "Slack's": r"\bxox[abprs]-[\w-]{10,}",
    "an API's": r"\bsk-[A-Za-z0-9_-]{32,}",
    "a package index's": r"\bpypi-[\w-]{50,}",
    "in an address": r"\w+://[^/\s:@'\"{}]+:[^/\s:@'\"{}]+@",
    "a header": r"""Authorization["']?\s*[:=]\s*["']?(Bearer|Basic) [A-Za-z0-9+/=_-]{16,}""",
}


def credentials_in(content: bytes) -> list[str]:
    return [name for name, pattern in CREDENTIALS.items() if re.search(pattern.encode(), content)]


def test_no_credential_is_in_git():
    names = run(["git", "ls-files", "-z", "-co", "--exclude-standard"], ROOT).stdout.split("\0")
    files = [ROOT / name for name in names if name and (ROOT / name).is_file()]
    assert len(files) > 100
    assert not {str(path): found for path in files if (found := credentials_in(path.read_bytes()))}
    assert not [p for p in files if re.search(r"kaggle\.json|access_token|credentials|\.env$|\.pem$|id_rsa", p.name)]


def test_no_credential_was_ever_in_git():
    """Searches every line that a commit added; in a shallow clone, only the lines that it has."""
    history = subprocess.run(
        ["git", "log", "-p", "--all", "-U0", "--no-color"], cwd=ROOT, capture_output=True, check=True
    )
    assert not credentials_in(history.stdout)


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
        '{"username": "me", "key": "' + "0123456789abcdef" * 2 + '"}',
        "KAGGLE_KEY=" + "0123456789abcdef" * 2,
        "KGAT_" + "0123456789abcdef" * 2,
        "ghp_" + "a1B2" * 9,
        "AKIA" + "ABCD" * 4,
        "https://me:" + "secret@host/",
        "Authorization: Bearer " + "abcd" * 6,
    ],
)
def test_the_search_finds_credentials(text):
    assert credentials_in(b"x = 1\n" + text.encode() + b"\n")
