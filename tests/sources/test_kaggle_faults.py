"""Faults of the Kaggle download: lost connections, interrupted runs, wrong archives, full disks."""

import hashlib
import signal
import time
import zipfile
from io import BytesIO

import pytest
from conftest import may_unshare
from kaggle_server import Answer, KaggleServer
from kaggle_stage import ARCHIVE, NAMES, Stage, zipped


@pytest.fixture
def stage(tmp_path):
    return Stage(tmp_path)


def test_a_dropped_connection_is_resumed_in_the_same_run(stage):
    faults = [Answer(cut=50_000), Answer(piece=30_000), Answer(status=403), Answer(status=500)]
    with KaggleServer(ARCHIVE, answers=faults) as kaggle:
        output = stage.succeeds(kaggle)
    assert kaggle.ranges == [None, "bytes=49999-", "bytes=79998-", "bytes=79998-", "bytes=79998-"]
    assert len(kaggle.asked) == 5  # a new signed address each time
    assert "connection lost at 50,000 bytes (ProtocolError)" in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_download_is_resumed_by_the_next_run(stage, number):
    with KaggleServer(ARCHIVE, answers=[Answer(cut=100_000, hold=True)]) as kaggle:
        process = stage.start(kaggle, silence=30)
        stage.wait_for(50_000)
        if number == signal.SIGKILL:
            stage.fails(kaggle, "another download is running")
        process.send_signal(number)
        output = process.communicate(timeout=10)[0]
        stage.check(output)
        assert not stage.photos.exists() and stage.kept() == {"archive.zip", "archive.json"}
        if number == signal.SIGINT:
            assert process.returncode == 1 and "interrupted; run it again to continue" in output
        stage.succeeds(kaggle)
    assert kaggle.ranges[1].startswith("bytes=") and kaggle.ranges[1] != "bytes=0-"


def test_a_connection_that_stays_lost_is_reported(stage):
    with KaggleServer(ARCHIVE, answers=[Answer(cut=1000)] * 6) as kaggle:
        stage.fails(kaggle, "connection lost 5 times in a row (ProtocolError)", "4,996 bytes are kept; run it again")
        stage.succeeds(kaggle)


def test_a_silent_or_slow_connection_counts_as_lost(stage):
    with KaggleServer(ARCHIVE, answers=[Answer(cut=50_000, hold=True), Answer(drip=0.1)]) as kaggle:
        output = stage.succeeds(kaggle)
    assert "(ReadTimeoutError)" in output and "(fewer than 1024 bytes a second)" in output


def test_a_storage_that_never_answers_is_reported(stage):
    with KaggleServer(ARCHIVE, answers=[Answer(cut=0, hold=True)]) as kaggle:
        stage.fails(kaggle, "cannot be reached (ReadTimeoutError)")


def test_a_partial_download_with_wrong_bytes_starts_again(stage):
    """Foreign bytes with the archive's ETag: the MD5 differs, and the download starts again once."""
    with KaggleServer(ARCHIVE, answers=[Answer(cut=50_000)] + [Answer(cut=2)] * 4) as kaggle:
        stage.fails(kaggle, "connection lost")
        (stage.cache / "archive.zip").write_bytes(b"<Error>AccessDenied</Error>" * 1000)
        assert "its md5 differs from the one" in stage.succeeds(kaggle)


@pytest.mark.parametrize("identity", ["", "[]"])
def test_a_partial_download_without_its_etag_starts_again(stage, identity):
    stage.cache.mkdir(parents=True)
    (stage.cache / "archive.zip").write_bytes(b"junk" * 1000)
    (stage.cache / "archive.json").write_text(identity)
    with KaggleServer(ARCHIVE, announces_md5=False) as kaggle:
        stage.succeeds(kaggle)
    assert kaggle.ranges == [None]


@pytest.mark.parametrize("heeds_if_range, side", [(True, 64), (False, 64), (False, 16)])
def test_archive_that_changes_between_two_connections(stage, heeds_if_range, side):
    other = zipped(NAMES[:-1], side)
    with KaggleServer(ARCHIVE, heeds_if_range=heeds_if_range) as kaggle:
        kaggle.answers = [Answer(cut=100_000, then=lambda: setattr(kaggle, "archive", other))]
        stage.succeeds(kaggle, archive=other)
    assert stage.metric()["sha256"] == hashlib.sha256(other).hexdigest()


def test_storage_that_cannot_resume(stage):
    with KaggleServer(ARCHIVE, answers=[Answer(cut=50_000)], resumes=False) as kaggle:
        stage.succeeds(kaggle)


FLIPPED = ARCHIVE[:2000] + bytes([ARCHIVE[2000] ^ 1]) + ARCHIVE[2001:]
WRONG = {
    "cut off without a length": ({}, Answer(cut=100_000, no_length=True), "its md5 differs"),
    "cut off, no length, no md5": ({"announces_md5": False}, Answer(cut=100_000, no_length=True), "or incomplete"),
    "right size, wrong bytes": ({"md5": hashlib.md5(ARCHIVE).digest()}, Answer(body=FLIPPED), "its md5 differs"),
    "bad at the source": ({}, Answer(body=FLIPPED), "seg_train/seg_train/sea/0.jpg is damaged"),
    "a web page": ({}, Answer(body=b"<html>Please log in</html>"), "or incomplete"),
    "no photographs": ({}, Answer(body=zipped([f"{n}.txt" for n in NAMES])), "it contains no photographs"),
    "another dataset": ({}, Answer(body=zipped(["cats/1.jpg"])), "no photographs in seg_train and seg_test"),
    "no seg_test": ({}, Answer(body=zipped(NAMES[:20])), "no photographs in seg_test"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_archives_leave_nothing(stage, name):
    options, answer, text = WRONG[name]
    with KaggleServer(ARCHIVE, answers=[answer], **options) as kaggle:
        stage.fails(kaggle, text, "the download was deleted", "folder")
    assert stage.kept() == set()


def test_a_disk_too_small_for_the_archive_is_reported(stage):
    with KaggleServer(ARCHIVE, answers=[Answer(length=10**15, cut=100)]) as kaggle:
        stage.fails(kaggle, "bytes free", "need 2,000,000,000,000,000")
    assert kaggle.ranges == [None]


def test_a_disk_too_small_for_the_photographs_is_reported(stage):
    file = BytesIO(ARCHIVE)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("seg_test/seg_test/sea/large.jpg", b"")
        archive.filelist[-1].file_size = 2**50
    with KaggleServer(
        ARCHIVE, answers=[Answer(body=file.getvalue())], md5=hashlib.md5(file.getvalue()).digest()
    ) as kaggle:
        stage.fails(kaggle, "it unpacks to 1,125,899,906,", "it is kept; free some space and run it again")
    assert stage.kept() == {"archive.zip", "archive.json"}


@pytest.mark.skipif(not may_unshare("-m"), reason="needs a file system of its own")
def test_a_disk_that_fills_up_is_reported(stage):
    """Without an announced length, the download cannot check the free space first; the disk's own error stops it."""
    stage.cache.mkdir(parents=True)
    small = ("unshare", "-rm", "sh", "-c", f'mount -t tmpfs -o size=64k tmpfs {stage.cache} && exec "$@"', "sh")
    began = time.monotonic()
    with KaggleServer(ARCHIVE, answers=[Answer(no_length=True)]) as kaggle:
        stage.fails(kaggle, "archive.zip: No space left on device", "bytes are kept", before=small)
        assert time.monotonic() - began < 10
        stage.fails(kaggle, "bytes free, and the archive and its photographs in data/raw need", before=small)


def test_a_file_size_limit_is_reported_without_retry(stage):
    """The same without the right to mount: a limit on the file size; the download does not retry."""
    with KaggleServer(ARCHIVE) as kaggle:
        stage.fails(kaggle, "archive.zip: File too large", before=("prlimit", "--fsize=65536"))
        assert len(kaggle.ranges) == 1
        stage.succeeds(kaggle)
    assert kaggle.ranges[1].startswith("bytes=")


def test_a_storage_without_an_etag(stage):
    with KaggleServer(ARCHIVE, answers=[Answer(cut=50_000)], etag=False) as kaggle:
        stage.succeeds(kaggle)
    assert kaggle.ranges == [None, None]


def test_a_complete_archive_is_not_downloaded_again(stage):
    (stage.folder / "data").write_text("in the way of data/raw")
    with KaggleServer(ARCHIVE) as kaggle:
        stage.fails(kaggle, "data/raw")
        assert stage.kept() == {"archive.zip", "archive.json"}
        (stage.folder / "data").unlink()
        stage.succeeds(kaggle)
    assert kaggle.ranges == [None, f"bytes={len(ARCHIVE) - 1}-"]
