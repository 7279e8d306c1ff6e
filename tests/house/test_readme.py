"""README.md tells the truth: its console blocks are run, in order, and print what it shows.

In a block marked `console` a line that opens with `$ ` is a command and the lines below it are its output; `…` stands
for any text, and alone on a line for any lines. Blocks marked otherwise (`sh`) are only read. The command that ends in
` &` is the server; the ports 1053 and 8053 become free ones everywhere.
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

from tests.serving import serving

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sysconfig.get_path("scripts")


@dataclass(frozen=True, slots=True)
class Step:
    line: int
    command: str
    expected: tuple[str, ...]


def steps(text):
    """The commands of the console blocks, with the output that each is shown to have."""
    found, is_console = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            is_console = line.removeprefix("```").split()[:1] == ["console"]
        elif is_console and line.startswith("$ "):
            found.append(Step(number, line[2:], ()))
        elif is_console and found and found[-1].command.endswith("\\"):
            last = found.pop()
            found.append(Step(last.line, f"{last.command[:-1].rstrip()} {line.strip()}", ()))
        elif is_console and found:
            last = found.pop()
            found.append(Step(last.line, last.command, (*last.expected, line.rstrip())))
    return found


def shows(expected, output):
    """Whether the output is what the lines show."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\s*?\n"
        for line in expected
    )
    return re.fullmatch(pattern + r"\s*", output if output.endswith("\n") else output + "\n") is not None


def programs(command):
    """The programs that a command line runs: its first word, and each one after an operator such as `|`."""
    words = list(shlex.shlex(command, posix=True, punctuation_chars=True))
    return [
        word for before, word in zip(["|", *words], words, strict=False) if before[0] in "|&;" and word[0] not in "|&;"
    ]


def test_the_commands_print_what_the_readme_shows(require_tool):
    todo = steps((ROOT / "README.md").read_text())
    assert any(step.command.endswith(" &") for step in todo), "README.md starts no server"
    ports = {"1053": "0", "8053": "0"}
    path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"

    def here(text):
        return re.sub(r"\b(1053|8053)\b", lambda port: ports[port[0]], text)

    with contextlib.ExitStack() as stack:
        env = {
            "PATH": path,
            "DNSEMU_DNS": "127.0.0.1:0",
            "DNSEMU_HTTP": "127.0.0.1:0",
            "NO_COLOR": "1",
            "COLUMNS": "120",
        }
        for step in todo:
            if step.command.endswith(" &"):
                command = shlex.split(here(step.command.removesuffix(" &")))
                command[0] = str(Path(SCRIPTS, command[0]))
                server = stack.enter_context(serving(command, cwd=ROOT, env=env))
                ports = {"1053": str(server.dns), "8053": str(server.http)}
                env["DNSEMU_SERVER"] = server.url
                output = server.line
            else:
                for program in programs(step.command):
                    if not Path(SCRIPTS, program).exists():
                        require_tool(program)
                done = subprocess.run(
                    ["bash", "-c", here(step.command)],
                    cwd=ROOT,
                    env={**os.environ, **env},
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=False,
                )
                output = done.stdout
                assert done.returncode == 0, f"README.md:{step.line}: {step.command}\n{output}{done.stderr}"
            expected = tuple(map(here, step.expected))
            assert not expected or shows(expected, output), (
                f"README.md:{step.line}: {step.command}\nshows:\n" + "\n".join(expected) + f"\nprints:\n{output}"
            )


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
