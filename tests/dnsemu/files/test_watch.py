"""The state of files, by which changes are noticed."""

from pathlib import Path

import pytest

from dnsemu.files.watch import stamp


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.yaml").write_text("{}")
    return tmp_path


def added(folder):
    (folder / "b.json").write_text("{}")


def removed(folder):
    (folder / "a.yaml").unlink()


def renamed(folder):
    (folder / "a.yaml").rename(folder / "b.yaml")


def changed(folder):
    (folder / "a.yaml").write_text("# longer")


def moved_away(folder):
    folder.rename(folder.with_name("elsewhere"))


@pytest.mark.parametrize("change", [added, removed, renamed, changed, moved_away])
def test_a_change_in_a_folder_is_noticed(folder, change):
    before = stamp([folder])
    assert stamp([folder]) == before
    change(folder)
    assert stamp([folder]) != before


@pytest.mark.parametrize("name", ["b.txt", ".b.yaml", "b.yaml~"])
def test_other_files_of_a_folder_do_not_matter(folder, name):
    before = stamp([folder])
    (folder / name).write_text("{}")
    assert stamp([folder]) == before


def test_a_mounted_config_map_that_changes_is_noticed(folder):
    for version in ("..1", "..2"):
        (folder / version).mkdir()
        (folder / version / "shop.yaml").write_text("{}")
    (folder / "..data").symlink_to("..1")
    (folder / "shop.yaml").symlink_to("..data/shop.yaml")
    before = stamp([folder])
    (folder / "..new").symlink_to("..2")
    (folder / "..new").replace(folder / "..data")
    assert stamp([folder]) != before


def test_standard_input_is_not_watched(folder):
    assert stamp([Path("-"), folder]) == stamp([folder])
