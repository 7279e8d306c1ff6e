"""Help texts: every command has a task, an example and readable types, and fits 80 columns."""

import re

import pytest
import typer.main
from typer.testing import CliRunner

from dnsemu.cli.commands import COMMANDS, app
from dnsemu.cli.examples import EXAMPLES
from dnsemu.cli.help import usage_pieces

PROGRAM = typer.main.get_command(app)
NAMES = sorted(PROGRAM.commands)


def printed(*arguments, code=0, **variables):
    environment = {"COLUMNS": "80", "DNSEMU_SERVER": None} | variables
    done = CliRunner().invoke(app, arguments, env=environment, prog_name="dnsemu")
    assert done.exit_code == code, done.output
    return done.output


def test_every_command_has_a_task_and_an_example():
    tasks = {command.rich_help_panel for command in PROGRAM.commands.values()}
    assert tasks == set(COMMANDS)
    assert EXAMPLES.keys() == PROGRAM.commands.keys()
    assert all(1 <= len(examples) <= 3 for examples in EXAMPLES.values())


def test_the_program_lists_each_command_below_its_task():
    sections = sections_of(printed("--help"))
    listed = {task: [line.split()[0] for line in lines if line[2] != " "] for task, lines in sections.items()}
    assert {name: listed[PROGRAM.commands[name].rich_help_panel].count(name) for name in NAMES} == dict.fromkeys(
        NAMES, 1
    )
    assert next(iter(sections)) == "Serve"


def sections_of(text):
    """The indented lines below each heading."""
    sections = {}
    for line in text.splitlines():
        if re.fullmatch(r"\w.*:", line):
            below = sections.setdefault(line.removesuffix(":"), [])
        elif line and sections:
            below.append(line)
    return sections


@pytest.mark.parametrize("name", [pytest.param("", id="the program"), *NAMES])
def test_a_help_text_is_plain_and_fits_80_columns(name):
    text = printed(*name.split(), "--help")
    assert max(map(len, text.splitlines())) <= 80
    assert text.isprintable() or not re.search("[^\n -~ã]", text)
    assert "None" not in text


@pytest.mark.parametrize("name", NAMES)
def test_a_help_text_ends_with_its_examples(name):
    text = printed(name, "--help")
    ending = re.split(r"^Examples?:\n", text, flags=re.MULTILINE)[1]
    commands = [line.strip() for line in ending.splitlines() if line.startswith("  dnsemu ")]
    assert len(commands) == len(EXAMPLES[name])
    assert all(name in line.split() for line in commands)


def test_every_type_is_a_word_of_the_users():
    parameters = [(name, parameter) for name in NAMES for parameter in PROGRAM.commands[name].params]
    nameless = [
        f"{name} {parameter.name}"
        for name, parameter in parameters
        if not getattr(parameter, "is_flag", False) and parameter.metavar is None
    ]
    assert nameless == []


def test_environment_variables_and_defaults_are_shown():
    text = " ".join(printed("serve", "--help").split())
    assert "[env: DNSEMU_DNS; default: 127.0.0.1:1053]" in text
    assert "[env: DNSEMU_STORE]" in text
    for name in NAMES:
        text = printed(name, "--help")
        for parameter in PROGRAM.commands[name].params:
            assert parameter.envvar is None or f"[env: {parameter.envvar}" in text


def test_options_of_serve_are_listed_by_subject():
    sections = sections_of(printed("serve", "--help"))
    assert list(sections) == [
        *("Arguments", "Addresses", "Content", "Time", "Health checks", "Logs", "Processes and randomness"),
        *("Options", "Examples"),
    ]
    assert [line.split()[0] for line in sections["Options"]] == ["-h,"]


@pytest.mark.parametrize(
    ("command", "pieces"),
    [
        ("serve", "[OPTIONS] [FILE]..."),
        ("check", "[OPTIONS] FILE..."),
        ("explain", "[OPTIONS] NAME [TYPE]"),
        ("force", "[OPTIONS] [CHECK] [healthy|unhealthy|auto]"),
    ],
)
def test_usage_puts_in_brackets_what_may_be_left_out(command, pieces):
    assert " ".join(usage_pieces(PROGRAM.commands[command])) == pieces


def test_help_explains_a_command():
    assert printed("help", "explain") == printed("explain", "--help")
    assert printed("help") == printed("--help")
    assert "Did you mean 'explain'?" in printed("help", "exlpain", code=2)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param("stauts", "No such command 'stauts'. Did you mean 'status'?", id="a mistyped command"),
        pytest.param("explain --bref x.test", "--brief", id="a mistyped option"),
        pytest.param("explain", "Usage: dnsemu explain [OPTIONS] NAME [TYPE]", id="usage"),
        pytest.param("explain", "Missing argument 'NAME'", id="a missing argument"),
        pytest.param("explain", "Example: dnsemu explain api.shop.test", id="an example"),
        pytest.param("force web", "Example: dnsemu force web-us unhealthy", id="an example for a check of ours"),
        pytest.param("what-if --fail x", "Example: dnsemu what-if", id="an example for a wrong number"),
    ],
)
def test_a_wrong_line_says_what_to_write(line, says):
    assert says in printed(*line.split(), code=2)
