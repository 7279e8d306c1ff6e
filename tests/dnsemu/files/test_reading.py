"""A child process reads files with the same result as this process."""

import json
from pathlib import Path

import pytest

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_files
from dnsemu.config.file.progress import ProgressUpdate
from dnsemu.files.child import pieces_of
from dnsemu.files.loading import compile_world
from dnsemu.files.reading import assemble, read_files

RECORD_SETS = [
    {"name": "www", "type": "A", "ttl": 60, "resource_records": ["192.0.2.1"]},
    {"name": "www", "type": "AAAA", "ttl": 60, "resource_records": ["2001:db8::1"]},
    {"name": "a.b.c", "type": "A", "ttl": 60, "weight": 1, "set_identifier": "a", "resource_records": ["192.0.2.1"]},
    {"name": "a.b.c", "type": "A", "ttl": 60, "weight": 2, "set_identifier": "b", "resource_records": ["192.0.2.2"]},
]


@pytest.fixture
def file(tmp_path):
    many = [{**RECORD_SETS[0], "name": f"h{number}"} for number in range(250)]
    zones = [{"name": "a.test", "record_sets": RECORD_SETS + many}, {"name": "b.test", "record_sets": RECORD_SETS}]
    path = tmp_path / "f.json"
    path.write_text(json.dumps({"hosted_zones": zones}))
    return path


async def test_a_child_reads_the_same(file):
    reading, in_place = await read_files([file]), compile_world(load_files([file]))
    assert reading.published.world == in_place.published.world
    assert reading.published.catalog.zones == in_place.published.catalog.zones
    assert reading.warnings == in_place.warnings


async def test_a_child_reports_errors(tmp_path):
    (tmp_path / "f.json").write_text('{"hosted_zones": 1}')
    with pytest.raises(FilesRefused):
        await read_files([tmp_path / "f.json"])


async def test_a_child_is_given_standard_input(file):
    text = json.dumps({"hosted_zones": [{"name": "in.test"}]})
    text += " " * 200_000  # more than a pipe's buffer
    reading = await read_files([Path("-"), file], standard_input=text.encode())
    assert len(reading.published.world.hosted_zones) == 3
    assert reading.standard_input == text.encode()


async def test_a_child_leaves_faulty_entries_out(tmp_path):
    path = tmp_path / "--f.json"
    record_sets = [{**RECORD_SETS[0], "ttl": "x"}, *RECORD_SETS[1:]]
    path.write_text(json.dumps({"hosted_zones": [{"name": "a.test", "record_sets": record_sets}]}))
    reading, in_place = await read_files([path], skips_faulty=True), load_files([path], skips_faulty=True)
    assert reading.published.world == in_place.world
    assert reading.left_out == in_place.left_out
    assert [error.where for error in reading.left_out] == ["hosted_zones[0].record_sets[0].ttl"]


async def test_progress_is_reported_between_the_pieces(file):
    updates = []
    total = 254 + 4 + 2 * 2  # with SOA and NS

    def note(what, done, total):
        updates.append((what, done, total))

    async def pieces():
        yield ProgressUpdate("checking", 1, 2)
        for piece in pieces_of(load_files([file]), note):
            yield piece

    reading = await assemble(pieces(), note)
    assert len(reading.published.catalog.zones) == 2
    assert updates[0] == ("checking", 1, 2)
    assert updates[1] == ("compiling", 0, total)
    assert updates[-1] == ("taking in", total, total)
    assert [done for _, done, _ in updates[1:]] == sorted(done for _, done, _ in updates[1:])


@pytest.mark.parametrize(
    ("text", "is_empty"),
    [
        ("", True),
        ("# later\n", True),
        ("hosted_zones:\n#  - name: a.test\n", True),
        ("{}", False),
        ("hosted_zones: []", False),
    ],
)
async def test_a_child_reports_empty_files(tmp_path, text, is_empty):
    """A file of comments, or of sections whose entries are comments, is empty; `{}` is not."""
    path = tmp_path / "f.yaml"
    path.write_text(text)
    assert (await read_files([path])).empty == ((str(path),) if is_empty else ())
