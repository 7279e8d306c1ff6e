"""Declared files for a reset: read again only if they changed."""

import pytest

from dnsemu.config.file.load import load_files
from dnsemu.files import declared_files
from dnsemu.files.declared_files import DeclaredFiles
from dnsemu.files.loading import compile_world
from dnsemu.files.reading import LoadingFailed
from dnsemu.files.watch import stamp


class Followed:
    """A file with the zones that are named, and how often it was read since the start."""

    def __init__(self, path, monkeypatch):
        self.path = path
        self.readings = 0
        self.database = None
        self.write("a.test")
        first, seen = compile_world(load_files([path])), stamp([path])
        self.files = DeclaredFiles((path,), first, seen, lambda: self.database, self._apply, {})
        monkeypatch.setattr(declared_files, "read_files", self._read)

    def write(self, *zones):
        new = self.path.with_name("new")
        new.write_text(f"hosted_zones: [{', '.join(f'{{name: {zone}}}' for zone in zones)}]")
        new.replace(self.path)

    async def _read(self, files, progress, **options):
        """Reads in this process, and counts."""
        self.readings += 1
        return compile_world(load_files(files, **options))

    async def _apply(self, loaded):
        self.applied = loaded

    async def zones(self):
        await self.files.read_for(self._apply)
        return len(self.applied.published.world.hosted_zones)


@pytest.fixture
def followed(tmp_path, monkeypatch):
    return Followed(tmp_path / "shop.yaml", monkeypatch)


async def test_a_file_that_did_not_change_is_not_read_again(followed):
    assert [await followed.zones() for _ in range(3)] == [1, 1, 1]
    assert followed.readings == 0


async def test_a_file_that_changed_is_read_once(followed):
    followed.write("a.test", "b.test")
    assert [await followed.zones() for _ in range(3)] == [2, 2, 2]
    assert followed.readings == 1


async def test_a_file_that_was_reloaded_is_not_read_again(followed):
    followed.write("a.test", "b.test")
    await followed.files._reload()
    assert (await followed.zones(), followed.readings) == (2, 1)


async def test_a_file_with_errors_is_refused_until_it_is_mended(followed):
    followed.write("a..test")
    for _ in range(2):
        with pytest.raises(LoadingFailed, match="has nothing before a dot"):
            await followed.zones()
    followed.write("a.test", "b.test")
    assert await followed.zones() == 2


async def test_a_location_database_that_changed_is_read(followed):
    followed.database = followed.path.with_name("geo.mmdb")
    await followed.zones()  # another file is watched now
    assert [await followed.zones() for _ in range(2)] == [1, 1]
    assert followed.readings == 1
    followed.database.write_bytes(b"new")
    await followed.zones()
    assert followed.readings == 2
