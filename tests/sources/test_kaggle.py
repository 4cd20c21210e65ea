"""The Kaggle download: credentials, refusals, a missing network, secrets, DVC."""

import hashlib
import os
import pty
import shutil
import subprocess
import sys
import termios
import time
from pathlib import Path

import psutil
import pytest
import requests
from conftest import GUARD, ROOT, may_unshare
from kaggle_server import Answer, KaggleServer
from kaggle_stage import ARCHIVE, STAGE, Stage, photographs

from colorization.sources.kaggle_client import unreachable


@pytest.fixture
def stage(tmp_path):
    return Stage(tmp_path)


def test_public_dataset_without_credentials(stage):
    with KaggleServer(ARCHIVE, allowed=(None,)) as kaggle:
        output = stage.succeeds(kaggle)
    sha256 = hashlib.sha256(ARCHIVE).hexdigest()
    assert f"received {len(ARCHIVE):,} bytes; to pin them set data.kaggle.sha256 to {sha256}" in output
    metric = stage.metric()
    assert (metric["photographs"], metric["bytes"], metric["sha256"]) == (40, len(ARCHIVE), sha256)
    assert "seg_train holds 20 photographs, not 14,034" in metric["surprises"]
    assert "the categories are sea, street" in output


def test_pinned_version_and_bytes(stage):
    stage.params(dataset="some-one/a_set", version=3, sha256=hashlib.sha256(ARCHIVE).hexdigest())
    with KaggleServer(ARCHIVE) as kaggle:
        stage.succeeds(kaggle)
    assert kaggle.asked == [{"ownerSlug": "some-one", "datasetSlug": "a_set", "datasetVersionNumber": 3}]
    assert (stage.metric()["version"], stage.metric()["surprises"]) == (3, [])


def test_bytes_that_differ_from_the_pin_are_refused(stage):
    stage.params(sha256="0" * 64)
    with KaggleServer(ARCHIVE) as kaggle:
        stage.fails(kaggle, f"its sha256 is {hashlib.sha256(ARCHIVE).hexdigest()}", "data.kaggle.sha256 pins 0000")
    assert stage.kept() == set()


BEARER, BASIC = "Bearer TOKEN-SECRET", "Basic bWU6S0VZLVNFQ1JFVA=="
CREDENTIALS = {
    "KAGGLE_API_TOKEN": (BEARER, {"KAGGLE_API_TOKEN": "TOKEN-SECRET"}, None, ""),
    "KAGGLE_API_TOKEN as a file": (BEARER, {"KAGGLE_API_TOKEN": "token.txt"}, "token.txt", "TOKEN-SECRET\n"),
    "~/.kaggle/access_token": (BEARER, {}, ".kaggle/access_token", "TOKEN-SECRET\n"),
    "KAGGLE_USERNAME and KAGGLE_KEY": (BASIC, {"KAGGLE_USERNAME": "me", "KAGGLE_KEY": "KEY-SECRET"}, None, ""),
    "kaggle.json": (BASIC, {}, ".kaggle/kaggle.json", '{"username": "me", "key": "KEY-SECRET"}'),
    "~/.kaggle/credentials.json": (
        "Bearer REFRESHED-SECRET", {}, ".kaggle/credentials.json",
        '{"refresh_token": "REFRESH-SECRET", "username": "me"}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CREDENTIALS)
def test_credentials(stage, name):
    header, variables, filename, content = CREDENTIALS[name]
    if filename:
        path = stage.home / filename
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        variables = {k: str(path) for k in variables}
    stage.secrets += [header]
    with KaggleServer(ARCHIVE, allowed=(header,), statuses=[403]) as kaggle:
        tried = f"HTTP 403; tried: {name.removesuffix(' as a file')}); set KAGGLE_API_TOKEN, or"
        stage.fails(kaggle, tried, "data.source to folder", **variables)
        stage.succeeds(kaggle, **variables)


REFUSALS = {
    401: "rejected the credentials (HTTP 401; tried: none)",
    404: "the dataset or version is unknown or private (HTTP 404; tried: none)",
    418: "refused (HTTP 418; tried: none)",
    429: "too many requests (HTTP 429; tried: none); run it again in 7 s",
    503: "localhost answered HTTP 503; run it again later",
}


@pytest.mark.parametrize("status", REFUSALS)
def test_refusals(stage, status):
    with KaggleServer(ARCHIVE, statuses=[status]) as kaggle:
        stage.fails(kaggle, REFUSALS[status], "data.source to folder")
    assert stage.kept() == set()


TOKENS = {"expired": "SECRET", "two lines": "TWO\nLINES-SECRET", "long": "LONG-SECRET" * 40, "odd": "ÖDD-€-SECRET"}


@pytest.mark.parametrize("name", TOKENS)
def test_bad_tokens(stage, name):
    with KaggleServer(ARCHIVE, allowed=("Bearer good",)) as kaggle:
        stage.fails(kaggle, "kaggle", "folder", KAGGLE_API_TOKEN=TOKENS[name])


def test_expired_oauth_and_a_configuration_that_cannot_be_made(stage):
    (stage.home / ".kaggle").mkdir()
    (stage.home / ".kaggle/credentials.json").write_text('{"refresh_token": "REFRESH-SECRET"}')
    with KaggleServer(ARCHIVE, allowed=(BEARER,), oauth=401) as kaggle:
        stage.fails(kaggle, "HTTP 403; tried: ~/.kaggle/credentials.json, which has expired")
        stage.fails(kaggle, "the kaggle client failed (NotADirectoryError)", KAGGLE_CONFIG_DIR="/dev/null/kaggle")


def test_secrets_stay_hidden_from_verbose_output_and_warnings(stage):
    variables = {"KAGGLE_API_TOKEN": "TOKEN-SECRET", "VERBOSE": "1", "VERBOSE_OUTPUT": "true"}
    with KaggleServer(ARCHIVE, allowed=(BEARER,), answers=[Answer(status=403)], junk_header=True) as kaggle:
        kaggle.opened = Answer(cut=1000, hold=True)  # a verbose client would read the whole answer
        stage.fails(kaggle, "127.0.0.1 answered HTTP 403; run it again later", answer=5, **variables)
        stage.succeeds(kaggle, **variables)
        stage.photos.unlink()
        kaggle.opened = Answer(status=403)
        stage.fails(kaggle, "127.0.0.1 answered HTTP 403; run it again later", **variables)


@pytest.mark.parametrize("calls", [["IntrospectToken", "DownloadDataset"], ["DownloadDataset"]])
def test_an_api_that_never_answers_is_reported(stage, calls):
    with KaggleServer(ARCHIVE, silent=calls) as kaggle:
        began = time.monotonic()
        stage.fails(kaggle, "cannot be reached", "sample", "folder", answer=2.5, KAGGLE_API_TOKEN="TOKEN-SECRET")
    assert time.monotonic() - began < 10


def test_a_missing_proxy_is_reported(stage):
    with KaggleServer(ARCHIVE) as kaggle:
        pass
    began = time.monotonic()
    stage.fails(kaggle, "localhost cannot be reached (ProxyError)", "sample", "folder", KAGGLE_API_TOKEN="TOKEN-SECRET")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("variables, told", [
    ({"http_proxy": "socks5://127.0.0.1:9"}, "a SOCKS proxy (ALL_PROXY, HTTPS_PROXY) needs one more package"),
    ({"http_proxy": "http://:"}, "the proxy of HTTPS_PROXY or ALL_PROXY is no address"),
    ({"KAGGLE_API_ENVIRONMENT": "PROD", "REQUESTS_CA_BUNDLE": "/no/such.pem"},
     "the certificates of REQUESTS_CA_BUNDLE cannot be read (/no/such.pem)"),
])  # fmt: skip
def test_a_proxy_or_certificates_that_cannot_be_used_are_not_blamed_on_the_credentials(stage, variables, told):
    with KaggleServer(ARCHIVE) as kaggle:
        output = stage.fails(kaggle, told, "data.source", **{"KAGGLE_API_TOKEN": "TOKEN-SECRET"} | variables)
    assert "KAGGLE_" not in output


def test_a_certificate_that_is_not_trusted_is_named():
    request = requests.Request("GET", "https://storage.example/signed?SECRET").prepare()
    told = str(unreachable(requests.exceptions.SSLError("certificate verify failed", request=request)))
    assert "a certificate is not trusted (storage.example); set REQUESTS_CA_BUNDLE" in told and "SECRET" not in told


@pytest.mark.skipif(not may_unshare("-n"), reason="needs a network namespace of its own")
def test_a_missing_network_is_reported(stage):
    no_proxy = {
        "KAGGLE_API_ENVIRONMENT": "PROD",
        "http_proxy": "",
        "https_proxy": "",
        "NETWORK_LOG": "",
    }  # uses the real network
    began = time.monotonic()
    with KaggleServer(ARCHIVE) as kaggle:
        alone = ("unshare", "-rn")
        stage.fails(kaggle, "api.kaggle.com cannot be reached (ConnectionError)", "sample", before=alone, **no_proxy)
    assert time.monotonic() - began < 10


def test_progress_bar_tells_rate_and_time_left(stage):
    screen, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 100))
    with KaggleServer(ARCHIVE, answers=[Answer(cut=100_000, hold=True)]) as kaggle:
        subprocess.run(
            [sys.executable, "-c", STAGE.format(answer=30, silence=1.0)],
            cwd=stage.folder, env=stage.environment(kaggle), stdout=terminal, stderr=terminal, timeout=30, check=True,
        )  # fmt: skip
    seen = os.read(screen, 1 << 20)
    assert b"downloading:" in seen and b"B/s]" in seen and b"<00:" in seen


def test_other_sources_leave_the_client_alone(tmp_path):
    shutil.copy(ROOT / "presets/sample.yaml", tmp_path / "params.yaml")
    code = "import sys; from stages.download import main; main(); "
    code += "sys.exit(bool({'kaggle', 'kagglesdk', 'torch'} & set(sys.modules)))"
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (GUARD, ROOT)))}
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, check=False).returncode == 0
    assert (tmp_path / "data/raw/photos.zip").exists()


def test_dvc_repro(stage):
    """After a kill DVC deletes the stage's outputs; the download still resumes, and then removes its partial files."""
    for name in ("stages", "src"):
        shutil.copytree(ROOT / name, stage.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "dvc.yaml", stage.folder)
    stage.photos.parent.mkdir(parents=True)
    stage.photos.write_bytes(b"of an earlier run")
    with KaggleServer(ARCHIVE, allowed=(BEARER,), answers=[Answer(cut=100_000, hold=True)]) as kaggle:
        assert dvc(stage, kaggle, "init", "--no-scm", "-q").wait() == 0
        first = dvc(stage, kaggle, "repro", "download")
        stage.wait_for(50_000)
        next(p for p in psutil.Process(first.pid).children(recursive=True) if "stages.download" in p.cmdline()).kill()
        assert "failed to reproduce" in finished(stage, first) and first.returncode
        assert not stage.photos.exists() and stage.kept() == {"archive.zip", "archive.json"}
        finished(stage, dvc(stage, kaggle, "repro", "download"))
        assert photographs(stage.photos.read_bytes()) == photographs(ARCHIVE) and stage.kept() == set()
        assert "didn't change" in finished(stage, dvc(stage, kaggle, "repro", "download"))
    assert len(kaggle.ranges) == 2 and kaggle.ranges[1] > "bytes=5"


def dvc(stage: Stage, server: KaggleServer, *arguments: str) -> subprocess.Popen:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    variables = {"PATH": path, "DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(stage.home)}
    variables |= {"KAGGLE_API_TOKEN": "TOKEN-SECRET", "VERBOSE": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=stage.folder, env=stage.environment(server, **variables),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def finished(stage: Stage, process: subprocess.Popen) -> str:
    output = process.communicate(timeout=40)[0]
    stage.check(output)
    return output
