"""A local Kaggle server, API and storage, with every fault; the real client uses it unpatched."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

SIGNATURE = "X-Goog-Signature=SIGNED-SECRET"
DATASETS = "datasets.DatasetApiService/"


@dataclass
class Answer:
    """How the storage answers one request for the archive's bytes."""

    status: int = 200  # other values send a small error page
    cut: int | None = None  # close the connection after this many bytes
    hold: bool = False  # after those bytes, go silent but keep the connection open
    drip: float = 0.0  # seconds between single bytes
    length: int | None = None  # a false Content-Length
    no_length: bool = False  # omit Content-Length; the connection's end marks the archive's end
    body: bytes | None = None  # sent instead of the archive
    piece: int | None = None  # send at most this many bytes of a range
    then: Callable[[], None] | None = None  # called after the answer


@dataclass
class KaggleServer:
    """`with KaggleServer(archive) as kaggle:` and run the client in an environment with `kaggle.environment()`."""

    archive: bytes
    allowed: tuple[str | None, ...] | None = None  # accepted Authorization headers; None: all
    statuses: list[int] = field(default_factory=list)  # error statuses of the API's next answers
    answers: list[Answer] = field(default_factory=list)  # the storage's next answers to our requests; then it works
    opened: Answer = field(default_factory=Answer)  # the storage's answer to the client, which does not read it
    silent: list[str] = field(default_factory=list)  # calls of the API that are never answered
    oauth: int = 200  # the status of an answer to a refresh token
    md5: bytes | None = None  # the MD5 that the storage announces; None: the true one
    announces_md5: bool = True
    resumes: bool = True
    etag: bool = True
    heeds_if_range: bool = True
    junk_header: bool = False  # send a header that makes urllib3 warn
    asked: list[dict] = field(default_factory=list)  # the bodies of the API's download calls
    ranges: list[str | None] = field(default_factory=list)  # the Range headers of our requests to the storage
    calls: dict[str, Callable[[dict], tuple[int, dict]]] = field(default_factory=dict)  # more calls of the API
    files: dict[str, bytes] = field(default_factory=dict)  # more files of the storage, by their paths

    def __enter__(self):
        handler = type("Bound", (Handler,), {"kaggle": self})
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http.daemon_threads, self.http.block_on_close = True, False
        self.http.handle_error = lambda *_: None  # clients disconnect on purpose
        self.closing = threading.Event()
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()

    @property
    def port(self) -> int:
        return self.http.server_port

    def environment(self) -> dict[str, str]:
        """Variables that make the client use http://localhost through this server as its proxy, and no other host."""
        proxy = f"http://127.0.0.1:{self.port}"
        return {"KAGGLE_API_ENVIRONMENT": "LOCALHOST", "http_proxy": proxy, "https_proxy": proxy, "no_proxy": ""}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kaggle: KaggleServer

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        call = self.path.partition("/v1/")[2]
        if call.partition("/")[2] in self.kaggle.silent:
            self.kaggle.closing.wait()
        elif call == "security.OAuthService/IntrospectToken":
            good = self.kaggle.allowed is None or f"Bearer {body['token']}" in self.kaggle.allowed
            self._json(200, {"active": good, "username": "somebody" if good else ""})
        elif call == "users.AccountService/GenerateAccessToken":
            answer = {"code": self.kaggle.oauth, "message": "", "token": "REFRESHED-SECRET", "expiresIn": 43200}
            self._json(self.kaggle.oauth, answer)
        elif call == DATASETS + "DownloadDataset":
            self._download(body)
        elif call in self.kaggle.calls:
            self._json(*self.kaggle.calls[call](body))
        else:
            self._json(404, {"code": 404, "message": call})

    def _download(self, body: dict):
        self.kaggle.asked.append(body)
        status, sent = 302, self.headers["Authorization"]
        if self.kaggle.allowed is not None and sent not in self.kaggle.allowed:
            status = 401 if sent else 403
        status = self.kaggle.statuses.pop(0) if self.kaggle.statuses else status
        if status != 302:
            self._json(status, {"code": status, "message": f"you sent {sent}"})
            return
        self.send_response(302)
        self.send_header("Location", f"http://127.0.0.1:{self.kaggle.port}/storage/archive.zip?{SIGNATURE}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, status: int, tree: dict):
        content = json.dumps(tree).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        kaggle = self.kaggle
        if (path := urlsplit(self.path).path) in kaggle.files:
            self._send(Answer(), kaggle.files[path])
            return
        ours = self.headers["Accept-Encoding"] == "identity"
        answer = kaggle.answers.pop(0) if ours and kaggle.answers else Answer() if ours else kaggle.opened
        if ours:
            kaggle.ranges.append(self.headers["Range"])
        if answer.status != 200:
            self._json(answer.status, {"error": "the storage's", "address": self.path})
            return
        self._send(answer, kaggle.archive if answer.body is None else answer.body)
        if answer.then:
            answer.then()

    def _send(self, answer: Answer, content: bytes):
        kaggle, etag, start = self.kaggle, f'"{hashlib.sha1(content).hexdigest()}"', 0
        same = self.headers["If-Range"] == etag or not kaggle.heeds_if_range
        if self.headers["Range"] and kaggle.resumes and same:
            start = int(self.headers["Range"].removeprefix("bytes=").partition("-")[0])
        if start >= len(content) > 0:
            self._json(416, {})
            return
        part = content[start:][: answer.piece]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(content)}")
        if not answer.no_length:
            self.send_header("Content-Length", str(answer.length or len(part)))
        if kaggle.etag:
            self.send_header("ETag", etag)
        if kaggle.announces_md5:
            md5 = base64.b64encode(kaggle.md5 or hashlib.md5(content).digest()).decode()
            self.send_header("x-goog-hash", f"crc32c=AAAAAA==,md5={md5}")
        if kaggle.junk_header:
            self.wfile.write(b"".join(self._headers_buffer) + b"no header at all\r\n")
            self._headers_buffer = []
        self.close_connection = True
        self.send_header("Connection", "close")
        self.end_headers()
        part = part[: answer.cut]
        for i in range(0, len(part), 1 if answer.drip else len(part) or 1):
            self.wfile.write(part[i:] if not answer.drip else part[i : i + 1])
            self.wfile.flush()
            if answer.drip and kaggle.closing.wait(answer.drip):
                return
        if answer.hold:
            kaggle.closing.wait()
