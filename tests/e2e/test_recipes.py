"""docs/recipes.md works: the commands of each section are run unchanged, except for the ports."""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.serving import serving_files

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "recipes.md").read_text()
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
SECTIONS = {part.partition("\n")[0]: part for part in TEXT.split("\n## ")[1:]}
PROGRAMS = {"AWS CLI": "awscli", "boto3": "boto3", "octoDNS": "octodns_route53", "Beside LocalStack or moto": "awscli"}
"""The sections that are run, with the module that each needs."""


def runnable(section):
    """Returns the code blocks of a section that can be run, as (language, code) pairs."""
    return [(one["language"], one["code"]) for one in BLOCK.finditer(section) if one["language"] in ("sh", "python")]


@pytest.fixture(scope="module")
def server():
    with serving_files() as server:
        yield server


@pytest.mark.parametrize("title", PROGRAMS)
def test_a_recipe_works(server, require_module, require_tool, title, tmp_path):
    require_module(PROGRAMS[title])
    if "dig " in SECTIONS[title]:
        require_tool("dig")
    scripts = sysconfig.get_path("scripts")
    env = {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
    }
    (_, environment), printed = runnable(SECTIONS["Environment"])[0], ""
    for language, code in runnable(SECTIONS[title]):
        (tmp_path / "code").write_text(with_ports(code, server))
        run = {"sh": "bash -euo pipefail code", "python": f"{sys.executable} code"}[language]
        done = subprocess.run(
            ["bash", "-euc", f"{with_ports(environment, server)}\n{run}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
            env=env,
        )
        assert done.returncode == 0, done.stdout
        printed += done.stdout
    if "dig " in SECTIONS[title]:
        assert printed.endswith("\n192.0.2.1\n")


def with_ports(code, server):
    ports = {"8053": server.http, "1053": server.dns}
    return re.sub(r"\b(8053|1053)\b", lambda found: str(ports[found[0]]), code)


def test_every_section_with_commands_is_run():
    assert {title for title, section in SECTIONS.items() if runnable(section)} == PROGRAMS.keys() | {"Environment"}


def test_what_is_not_run_says_so():
    silent = SECTIONS.keys() - PROGRAMS.keys() - {"Environment"}
    assert [
        title for title in silent if not re.search(r"(?i)\bnot tested|tested, not\b|make test-clients", SECTIONS[title])
    ] == []
