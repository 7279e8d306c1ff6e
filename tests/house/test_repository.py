"""Committed files are the same for everybody: no paths of a machine, no address of a registry, one version."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Spelt so that this file does not match itself.
NOT_FOR_ALL = re.compile(
    rb"""(?<![\w.])/(?:home|root|Users|work|farm)/[\w.]   # a folder of one machine
       | inde[x]-url | find-link[s]                       # a private registry
       | ://(?:registry|files)\. | //pypi\.               # a registry's host
    """,
    re.VERBOSE,
)


@pytest.fixture(scope="module")
def tracked(require_tool):
    """The files of the repository, committed or not yet added. Skips outside a repository."""
    git = [require_tool("git"), "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(git, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this source tree is no git repository")
    names = listed.stdout.decode().split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_machine_or_a_registry(tracked):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80].decode(errors='replace')}"
        for path in tracked
        if b"\0" not in (content := path.read_bytes())[:8192]
        for number, line in enumerate(content.splitlines(), 1)
        if NOT_FOR_ALL.search(line) or str(ROOT).encode() in line
    ]
    assert not found


def test_the_changelog_opens_with_the_version_of_the_package():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## \[?(\d+\.\d+\.\d+\S*?)\]?(?: |$)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[:1] == [version]


def test_the_lock_pins_every_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in declared}
    pinned = set(re.findall(r"^([\w.-]+)(?:\[\S+\])?==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert names <= pinned, "run `make lock`"
