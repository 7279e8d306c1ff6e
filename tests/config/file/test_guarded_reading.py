"""Files that a user names: whatever they are, reading ends, and within a bound."""

import contextlib
import os
import socket
import time
from pathlib import Path

import pytest

from dnsemu.config.file.guarded_reading import NotAFile, NothingWritten, read_guarded
from dnsemu.files.pipes import until


@contextlib.contextmanager
def pipe(folder, *, content=None):
    """A named pipe that is open for writing, with some content in it."""
    path = folder / "pipe"
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR)
    try:
        if content is not None:
            os.write(end, content)
        yield path
    finally:
        os.close(end)


def test_a_file_is_cut_behind_its_bound(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"x" * 100)
    assert read_guarded(path, 200) == b"x" * 100
    assert read_guarded(path, 100) == b"x" * 100
    assert read_guarded(path, 10) == b"x" * 11


def test_a_pipe_is_read_to_its_end(tmp_path):
    read_end, write_end = os.pipe()
    os.write(write_end, b"abc")
    os.close(write_end)
    assert read_guarded(Path(f"/dev/fd/{read_end}"), 10, takes_pipes=True, wait=until(time.monotonic() + 5)) == b"abc"
    os.close(read_end)


@pytest.mark.parametrize("content", [None, b"half"], ids=["silent", "stops in the middle"])
def test_a_pipe_that_is_not_closed_is_given_up(tmp_path, content):
    with pipe(tmp_path, content=content) as path, pytest.raises(NothingWritten, match="not closed in time"):
        read_guarded(path, 10, takes_pipes=True, wait=until(time.monotonic()))


def test_a_pipe_with_too_much_is_cut(tmp_path):
    with pipe(tmp_path, content=b"x" * 1000) as path:
        assert read_guarded(path, 10, takes_pipes=True, wait=until(time.monotonic() + 5)) == b"x" * 11


def test_a_pipe_without_a_writer_is_given_up_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NothingWritten, match="nothing was written"):
        read_guarded(tmp_path / "pipe", 10, takes_pipes=True)


def test_a_pipe_is_refused_where_none_is_taken(tmp_path):
    with pipe(tmp_path) as path, pytest.raises(NotAFile, match="this is a pipe, no file"):
        read_guarded(path, 10)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(NotAFile, match="a folder"):
        read_guarded(tmp_path, 10)
    with pytest.raises(NotAFile, match="a device"):
        read_guarded(Path("/dev/zero"), 10, takes_pipes=True)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
        with pytest.raises(OSError, match="No such device"):
            read_guarded(tmp_path / "s", 10)


def test_what_cannot_be_opened_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_guarded(tmp_path / "none", 10)
    with pytest.raises(ValueError, match="null"):
        read_guarded(Path("a\0b"), 10)
