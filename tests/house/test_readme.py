"""README.md and the pages under docs/ tell the truth: their console blocks are run and print what is shown.

In a block marked `console` a line that starts with `$ ` is a command, and the lines below it are its output. `…` stands
for any text, and alone on a line for any lines. A command that ends in ` &` starts a server, as `make demo` does; the
ports 1053 and 8053 are replaced by its free ports. In a block marked `yaml` stands a valid file. Other blocks (`sh`,
`text`) are not run.
"""

import contextlib
import os
import re
import shlex
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from dnsemu.config.file.load import load_files
from tests.serving import serving

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sysconfig.get_path("scripts")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MAKE_DEMO = "make demo"
DATABASE = "GeoLite2-City.mmdb"
"""A database of places, by the name that examples give it."""


@dataclass(frozen=True, slots=True)
class Step:
    line: int
    command: str
    expected: tuple[str, ...] = ()

    @property
    def starts_a_server(self):
        return self.command.endswith(" &") or self.command == MAKE_DEMO


def blocks(text, language):
    """The blocks of a language, each as its lines with their numbers."""
    found, is_inside = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            is_inside = line.removeprefix("```").split()[:1] == [language]
            if is_inside:
                found.append([])
        elif is_inside:
            found[-1].append((number, line))
    return found


def steps(text):
    """The commands of the console blocks, each with the output that the page shows."""
    found = []
    for number, line in (numbered for block in blocks(text, "console") for numbered in block):
        if line.startswith("$ "):
            found.append(Step(number, line[2:]))
            continue
        last = found.pop()
        if last.command.endswith("\\"):
            found.append(Step(last.line, f"{last.command[:-1].rstrip()} {line.strip()}"))
        else:
            found.append(Step(last.line, last.command, (*last.expected, line.rstrip())))
    return found


def shows(expected, output):
    """True if the output is what the lines show."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\s*?\n"
        for line in expected
    )
    return re.fullmatch(pattern + r"\s*", output if output.endswith("\n") else output + "\n") is not None


def programs(command):
    """The programs that a command line runs: its first word, and each word after an operator such as `|`."""
    words = list(shlex.shlex(command, posix=True, punctuation_chars=True))
    return [
        word for before, word in zip(["|", *words], words, strict=False) if before[0] in "|&;" and word[0] not in "|&;"
    ]


class Console:
    """Runs the steps of one page, with free ports in place of the usual ones; servers stop when the stack closes."""

    def __init__(self, stack, require_tool):
        self._stack = stack
        self._require_tool = require_tool
        self._ports = {"1053": "0", "8053": "0"}
        self._env = {
            "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
            "DNSEMU_DNS": "127.0.0.1:0",
            "DNSEMU_HTTP": "127.0.0.1:0",
            "NO_COLOR": "1",
            "COLUMNS": "120",
        }

    def with_free_ports(self, text):
        return re.sub(r"\b(1053|8053)\b", lambda port: self._ports[port[0]], text)

    def start(self, command):
        """Start a server; returns its ready line."""
        program, *arguments = ["dnsemu", "demo"] if command == MAKE_DEMO else shlex.split(command.removesuffix(" &"))
        words = [str(Path(SCRIPTS, program)), *map(self.with_free_ports, arguments)]
        server = self._stack.enter_context(serving(words, cwd=ROOT, env=self._env))
        self._ports = {"1053": str(server.dns), "8053": str(server.http)}
        self._env["DNSEMU_SERVER"] = server.url
        return server.line

    def run(self, command):
        """Run a command to its end, which has to be a success; returns its output."""
        for program in programs(command):
            if not Path(SCRIPTS, program).exists():
                self._require_tool(program)
        done = subprocess.run(
            ["bash", "-c", self.with_free_ports(command)],
            cwd=ROOT,
            env={**os.environ, **self._env},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.mark.parametrize("page", [page for page in PAGES if steps(page.read_text())], ids=lambda page: page.name)
def test_the_commands_print_what_the_page_shows(page, require_tool):
    with contextlib.ExitStack() as stack:
        console = Console(stack, require_tool)
        for step in steps(page.read_text()):
            output = console.start(step.command) if step.starts_a_server else console.run(step.command)
            expected = tuple(map(console.with_free_ports, step.expected))
            assert not expected or shows(expected, output), (
                f"{page.name}:{step.line}: {step.command}\nshows:\n" + "\n".join(expected) + f"\nprints:\n{output}"
            )


def test_the_readme_starts_a_server_and_is_two_screens_long():
    text = (ROOT / "README.md").read_text()
    assert any(step.starts_a_server for step in steps(text))
    assert len(text.splitlines()) <= 150


def test_make_demo_runs_the_demo():
    assert re.search(r"^demo:.*\n\t\$\(bin\)/dnsemu demo$", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page.read_text(), "yaml")], ids=lambda p: p.name)
def test_yaml_blocks_are_valid_files(page, tmp_path):
    (tmp_path / DATABASE).touch()
    for block in blocks(page.read_text(), "yaml"):
        path = tmp_path / f"{page.stem}-{block[0][0]}.yaml"
        path.write_text("\n".join(line for _, line in block))
        load_files([path])


@pytest.mark.parametrize(
    ("expected", "output", "is_shown"),
    [
        pytest.param(["192.0.2.1"], "192.0.2.1\n", True, id="the same"),
        pytest.param(["192.0.2.1"], "192.0.2.2\n", False, id="another text"),
        pytest.param(["192.0.2.…"], "192.0.2.77\n", True, id="an ellipsis is any text"),
        pytest.param(["a …", "c"], "a b\nb\nc\n", False, id="but stays on its line"),
        pytest.param(["a", "…", "c"], "a\nb\nb\nc\n", True, id="alone it is any lines"),
        pytest.param(["a"], "a\nb\n", False, id="more than shown"),
        pytest.param(["a", "b"], "a\n", False, id="less than shown"),
    ],
)
def test_shown_output_is_compared(expected, output, is_shown):
    assert shows(expected, output) is is_shown


def test_programs_are_found_in_pipelines():
    assert programs("dig @127.0.0.1 'a;b' | sort -u && curl -s x") == ["dig", "sort", "curl"]


def test_commands_are_found_with_their_output():
    text = "```sh\n$ no\n```\n```console\n$ a \\\n    b\nout\n\nmore\n$ c &\n```\n$ no\n"
    assert [(s.command, s.expected) for s in steps(text)] == [("a b", ("out", "", "more")), ("c &", ())]
