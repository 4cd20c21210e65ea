"""The page of an invented study, for every test of the report."""

import pytest
from study_page import run

from colorization.report.page import render


@pytest.fixture(scope="session")
def html(tmp_path_factory):
    """The address of the rendered page."""
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(render(run()), encoding="utf-8")
    return path.as_uri()
