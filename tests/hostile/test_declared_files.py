"""Hostile content of declared files and force files: refused by the child process that reads them, or served."""

import signal

import pytest

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_files
from tests.hostile.watching import withstands
from tests.serving import dnsemu_here, serving_files
from tests.waiting import until

GOOD = b"""
hosted_zones:
  - {name: f.test, record_sets: [{name: w, type: A, ttl: 60, resource_records: [192.0.2.1]}]}
health_checks:
  - {id: c, type: TCP, ip_address: 127.0.0.1, port: 1}
health_checkers: {probes: manual}
"""
CHILD_BYTES = 500 << 20
"""Bound of memory with the child process that reads files."""


def levels(number, start, end, middle=b""):
    return b"hosted_zones: " + start * number + middle + end * number


def laughs():
    lines = [b"a0: &a0 [ha]"] + [b"a%d: &a%d [%s]" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12)]
    return b"\n".join(lines)


def merges():
    lines = [b"a0: &a0 {k0: 1}"]
    lines += [b"a%d: &a%d {<<: [%s], k%d: 1}" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10), n) for n in range(1, 12)]
    return b"\n".join(lines)


REFUSED = {
    "aliases of aliases": laughs,
    "merged keys of merged keys": merges,
    "an alias in itself": lambda: b"hosted_zones: &a [*a]",
    "an alias without an anchor": lambda: b"hosted_zones: *a",
    "100,000 levels of lists": lambda: levels(100_000, b"[", b"]"),
    "100,000 levels of mappings": lambda: levels(100_000, b"{a: ", b"}"),
    "100,000 levels of dashes": lambda: b"hosted_zones:\n " + b"- " * 100_000,
    "100,000 levels of indents": lambda: b"".join(b" " * n + b"a:\n" for n in range(3000)),
    "open lists": lambda: b"[" * 1_000_000,
    "a key of 1 MB": lambda: b"? " + b"k" * 1_000_000 + b"\n: 1",
    "a key that is a list": lambda: b"? [a]\n: 1",
    "a key twice": lambda: b"hosted_zones: []\nhosted_zones: []",
    "20,000 keys": lambda: b"\n".join(b"k%d: 1" % n for n in range(20_000)),
    "a tag of Python": lambda: b"hosted_zones: !!python/object/apply:os.system [exit]",
    "a tag of 1 MB": lambda: b"hosted_zones: !" + b"t" * 1_000_000 + b" a",
    "a number of 100,000 digits": lambda: b"hosted_zones: " + b"9" * 100_000,
    "binary": lambda: bytes(range(256)) * 1000,
    "zeros": lambda: bytes(1_000_000),
    "no UTF-8": lambda: b"hosted_zones: \xff\xfe",
    "half a character": lambda: b'hosted_zones: "\\ud800"',
    "UTF-16": lambda: "hosted_zones: []".encode("utf-16"),
    "two documents": lambda: b"--- {}\n--- {}\n",
    "directives": lambda: b"%YAML 9.9\n" * 10_000 + b"--- {}",
    "a quote without an end": lambda: b'hosted_zones: "' + b"x\n" * 100_000,
    "a block without an end": lambda: b"hosted_zones: |\n" + b" x\n" * 100_000,
    "20,000 zones that are none": lambda: b"hosted_zones: [" + b"1," * 20_000 + b"1]",
    "one zone 1,000 times": lambda: b"hosted_zones:\n" + b"  - {name: a.test, record_sets: []}\n" * 1000,
    "a ring of checks": lambda: b"health_checks:\n" + b"".join(
        b"  - {id: r%d, type: CALCULATED, child_health_checks: [r%d], health_threshold: 1}\n" % (n, (n + 1) % 500) for n in range(500)
    ),
}  # fmt: skip


@pytest.mark.parametrize("content", REFUSED)
def test_files_that_are_refused(content, tmp_path):
    (tmp_path / "f.yaml").write_bytes(REFUSED[content]())
    with pytest.raises(FilesRefused) as caught:
        load_files([tmp_path / "f.yaml"])
    assert all(len(str(error)) < 2000 for error in caught.value.errors)


LARGE = {
    "a line of 2 million values": lambda: b"x: [" + b"a," * 2_000_000 + b"]",
    "a comment of 50 MB": lambda: b"#" * 50_000_000 + b"\nx: 1",
    "50 MB of one string": lambda: b'hosted_zones: "' + b"x" * 50_000_000 + b'"',
    "a million open lists": REFUSED["open lists"],
    "aliases of aliases": laughs,
    "20,000 zones that are none": REFUSED["20,000 zones that are none"],
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("declared")
    file, force = folder / "f.yaml", folder / "force"
    file.write_bytes(GOOD)
    force.write_text("c unhealthy\n")
    with serving_files(file, options=("--force-file", force)) as server:
        yield server, file, force


def replaced(path, content):
    path.with_name("new").write_bytes(content)
    path.with_name("new").replace(path)


@pytest.mark.parametrize("content", LARGE)
def test_files_that_a_server_reads_again(content, served):
    """DNS answers from the old content meanwhile; the next content counts."""
    server, file, _ = served
    made = LARGE[content]()
    with withstands(server, "w.f.test", max_more_bytes=CHILD_BYTES):
        for text, has_faults in ((made, True), (GOOD, False)):
            replaced(file, text)
            server.process.send_signal(signal.SIGHUP)
            until(lambda is_so=has_faults: bool(server.status()["faults"]) is is_so, within_s=60, what="a reload")


FORCE_FILES = {
    "a megabyte of lines": lambda: b"c unhealthy\n" * 90_000,
    "a megabyte of other patterns": lambda: b"".join(b"c%d* unhealthy\n" % n for n in range(60_000)),
    "one line of a megabyte": lambda: b"c " * 500_000,
    "a pattern of a megabyte": lambda: b"[" * 1_000_000 + b" unhealthy",
    "a time far away": lambda: b"c unhealthy until 99999-01-01T00:00:00Z",
    "binary": lambda: bytes(range(256)) * 1000,
}


@pytest.mark.parametrize("content", FORCE_FILES)
def test_force_files(content, served):
    """Refused, and the rules before it stay; or taken. Then the next content counts."""
    server, _, force = served
    made = FORCE_FILES[content]()

    def rules():
        return dnsemu_here("force", "--json", "--server", server.url).stdout

    with withstands(server, "w.f.test"):
        replaced(force, made)
        until(lambda: '"faults": []' not in rules(), what="a refusal")
        replaced(force, b"c healthy\n")
        until(lambda: '"faults": []' in rules(), what="the next rules")
