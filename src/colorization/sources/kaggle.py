"""A dataset of kaggle.com, through the kaggle client."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

from colorization.config import Kaggle
from colorization.errors import InputError
from colorization.sources import folder


def photographs(params: Kaggle, downloads: Path) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every photograph of the dataset; its archive is kept in `downloads` until it is read."""
    return folder.photographs(fetch(params, downloads))


def fetch(params: Kaggle, downloads: Path) -> Path:
    """Download the dataset's archive into `downloads` and return its path. Raises InputError where Kaggle refuses."""
    handle = params.dataset + (f"/{params.version}" if params.version else "")
    with contextlib.redirect_stdout(io.StringIO()):  # the import authenticates and prints help
        import requests
        from kaggle.api.kaggle_api_extended import KaggleApi

        api = KaggleApi()
        with contextlib.suppress(Exception, SystemExit):  # public datasets need no credentials
            api.authenticate()
    downloads.mkdir(parents=True, exist_ok=True)
    try:
        api.dataset_download_files(handle, path=str(downloads), quiet=False, unzip=False)
    except (requests.RequestException, ValueError) as error:
        reason = f"HTTP {error.response.status_code}" if getattr(error, "response", None) else type(error).__name__
        raise InputError(
            f"data.kaggle.dataset: {handle}: the download failed ({reason}); set KAGGLE_API_TOKEN, or download the "
            "archive in the browser and set data.source to folder and data.folder.path to it"
        ) from None
    return downloads / (params.dataset.split("/")[1] + ".zip")
