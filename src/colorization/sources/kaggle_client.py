"""Ask the kaggle client for the request that downloads a dataset's archive from Kaggle's storage."""

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from colorization.core.errors import InputError

ANSWER_SECONDS = 30  # until an answer must begin; the client itself waits forever
OAUTH = Path("~/.kaggle/credentials.json")  # the client deletes it when Kaggle does not accept it
T = TypeVar("T")
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # variables that name a file of trusted certificates
BY_HAND = "download the archive in the browser and set data.source to folder and data.folder.path to it"


def locate(dataset: str, version: int) -> requests.PreparedRequest:
    """Kaggle's signed request for the archive of `dataset` (owner/slug) in `version` (0: the newest).

    Raises InputError if Kaggle refuses, requests.RequestException if it does not answer or has a server error.
    """
    oauth = OAUTH.expanduser().exists()
    try:
        with silence():
            return answer(lambda: _ask(dataset, version))
    except (requests.ConnectionError, requests.Timeout):
        raise
    except Exception as error:  # its text may quote a credential, e.g. a token with a line break
        if isinstance(error, requests.HTTPError) and (response := error.response) is not None:
            if response.status_code >= 500 or response.history:  # the storage answered: the credentials were accepted
                raise
            raise InputError(f"data.kaggle: {dataset}: {_refusal(response, oauth)}") from None
        if told := _unconnected(error):
            raise InputError(f"data.kaggle: {told}, or {BY_HAND}") from None
        raise InputError(
            f"data.kaggle: the kaggle client failed ({type(error).__name__}); check your KAGGLE_ variables and "
            f"~/.kaggle, or {BY_HAND}"
        ) from None


def _unconnected(error: Exception) -> str:
    """Why no connection could be tried, and what to do; "" for other errors. A proxy is not shown: it has passwords."""
    if isinstance(error, requests.exceptions.InvalidSchema) and "SOCKS" in str(error):
        return (
            "a SOCKS proxy (ALL_PROXY, HTTPS_PROXY) needs one more package; pip install 'requests[socks]', or unset "
            "the proxy"
        )
    if isinstance(error, requests.exceptions.InvalidProxyURL | requests.exceptions.InvalidSchema):
        return "the proxy of HTTPS_PROXY or ALL_PROXY is no address; correct it"
    named = next((name for name in BUNDLES if os.environ.get(name) and os.environ[name] in str(error)), None)
    if isinstance(error, OSError) and named:
        return f"the certificates of {named} cannot be read ({os.environ[named]}); correct it or unset it"
    return ""


def unreachable(error: Exception) -> InputError:
    """The error for a failed first contact. It names only the host of the address: the rest is signed."""
    if isinstance(error, requests.exceptions.SSLError) or "SSLError" in type(error).__name__:
        advice = f"set {BUNDLES[0]} to the file of your network's own certificates if it has them"
        return InputError(f"data.kaggle: a certificate is not trusted ({_host(error)}); {advice}, or {BY_HAND}")
    response = getattr(error, "response", None)
    if response is not None:
        host = urlsplit(response.url).hostname
        return InputError(f"data.kaggle: {host} answered HTTP {response.status_code}; run it again later, or {BY_HAND}")
    return InputError(
        f"data.kaggle: {_host(error)} cannot be reached ({type(error).__name__}); without a network set data.source to "
        "sample, or to folder with photographs of your own"
    )


def _host(error: Exception) -> str:
    request = getattr(error, "request", None)
    return str(urlsplit(request.url).hostname) if request is not None else "Kaggle"


def answer(call: Callable[[], T]) -> T:
    """The value of a call that may wait forever. Raises requests.Timeout if it takes too long; its thread goes on."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # it belongs to the caller
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    try:
        return future.result(ANSWER_SECONDS)
    except TimeoutError:
        if future.done():  # the call's own error
            raise
        raise requests.Timeout(f"no answer within {ANSWER_SECONDS} s") from None


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Silence the client: it prints help at import, and Authorization headers if a variable asks it to be verbose."""
    for name in ("VERBOSE", "VERBOSE_OUTPUT"):
        os.environ.pop(name, None)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _ask(dataset: str, version: int) -> requests.PreparedRequest:
    from kaggle import api  # the import authenticates; with a token it sends a request
    from kagglesdk.datasets.types.dataset_api_service import ApiDownloadDatasetRequest

    question = ApiDownloadDatasetRequest()
    question.owner_slug, question.dataset_slug = dataset.split("/")
    question.dataset_version_number = version or None
    with api.build_kaggle_client() as client:
        response = client.datasets.dataset_api_client.download_dataset(question)
    response.close()  # the client opened the archive without a timeout, so we send the request ourselves
    return response.request


def _refusal(response: requests.Response, oauth: bool) -> str:
    authorization = response.request.headers.get("Authorization")
    assert not isinstance(authorization, bytes)
    code, tried = response.status_code, _tried(authorization, oauth)
    ways = f"set KAGGLE_API_TOKEN, or {BY_HAND}"
    match code:
        case 401:
            return f"Kaggle rejected the credentials (HTTP 401; tried: {tried}); {ways}"
        case 403:
            return f"Kaggle denied access (HTTP 403; tried: {tried}); {ways}"
        case 404:
            return f"the dataset or version is unknown or private (HTTP 404; tried: {tried}); correct it, {ways}"
        case 429:
            wait = response.headers.get("Retry-After", "")
            when = f"in {wait} s" if wait.isdigit() else "later"
            return f"too many requests (HTTP 429; tried: {tried}); run it again {when}, {ways}"
    return f"Kaggle refused (HTTP {code}; tried: {tried}); {ways}"


def _tried(authorization: str | None, oauth: bool) -> str:
    """The place that the sent credentials came from, never the credentials themselves."""
    from kagglesdk.kaggle_env import get_access_token_from_env

    if not authorization:
        return f"{OAUTH}, which has expired" if oauth else "none"
    if authorization.startswith("Basic "):
        return "KAGGLE_USERNAME and KAGGLE_KEY" if "KAGGLE_KEY" in os.environ else "kaggle.json"
    source = get_access_token_from_env()[1] or OAUTH
    return "~/.kaggle/access_token" if source == "access_token" else str(source)
