"""The registry of running processes: entries end with their processes, and other users cannot add any."""

import os
from pathlib import Path

import pytest

from dnsemu.config.text.addresses import parse_address
from dnsemu.runtime.registry import SERVER, Registration, private_folder, registered, server_listening_at


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The registry's folder, which does not exist yet."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path / "dnsemu"


def test_a_process_is_registered_until_it_closes_its_entry():
    entry = Registration(SERVER, {"http": "127.0.0.1:8053"})
    [found] = registered(SERVER)
    assert (found.pid, found.about, found.has_ended) == (os.getpid(), {"http": "127.0.0.1:8053"}, False)
    entry.close()
    assert found.has_ended
    assert list(registered(SERVER)) == []


def test_an_entry_whose_process_has_ended_is_removed(folder):
    folder.mkdir(mode=0o700)
    left = folder / "server-1"
    left.write_text("{}")
    assert list(registered(SERVER)) == []
    assert not left.exists()


def test_a_server_that_starts_removes_entries_of_servers_that_were_killed(folder):
    folder.mkdir(mode=0o700)
    for pid in range(1, 100):
        (folder / f"server-{pid}").write_text("{}")
    entry = Registration(SERVER, {})
    assert len(list(folder.iterdir())) == 1
    entry.close()


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_may_write_to_is_not_read(folder, mode):
    """An entry of someone else would make `stop` end a process of the user."""
    entry = Registration(SERVER, {})
    folder.chmod(mode)
    assert list(registered(SERVER)) == []
    folder.chmod(0o700)
    assert len(list(registered(SERVER))) == 1
    entry.close()


def test_a_folder_that_is_a_link_is_not_used(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    assert private_folder() != folder


def test_without_a_folder_a_process_stays_unregistered(monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/no/such/folder")
    monkeypatch.setattr("tempfile.tempdir", "/no/such/folder")
    Registration(SERVER, {}).close()
    assert list(registered(SERVER)) == []
    with pytest.raises(OSError, match="No such file"):
        private_folder()


def test_a_reader_never_finds_an_entry_without_its_lock_or_its_content(monkeypatch):
    """A reader removes entries that no process holds."""
    found, rename = [], Path.rename

    def look_first(path, target):
        found.extend(registered(SERVER))
        rename(path, target)

    monkeypatch.setattr("pathlib.Path.rename", look_first)
    entry = Registration(SERVER, {"http": "127.0.0.1:8053"})
    assert found == []
    assert [one.about["http"] for one in registered(SERVER)] == ["127.0.0.1:8053"]
    entry.close()


@pytest.mark.parametrize(
    ("address", "is_found"),
    [
        ("127.0.0.1:1053", True),
        ("0.0.0.0:1053", True),
        ("[::1]:8053", True),
        ("127.0.0.2:1053", False),
        ("127.0.0.1:1054", False),
        ("127.0.0.7:9053", True),
    ],
)
def test_the_server_that_uses_an_address_is_found(address, is_found):
    entry = Registration(SERVER, {"listens": ["127.0.0.1:1053", "0.0.0.0:9053", "[::1]:8053"]})
    found = server_listening_at(parse_address(address))
    assert (found is not None) is is_found
    entry.close()
    assert server_listening_at(parse_address(address)) is None
