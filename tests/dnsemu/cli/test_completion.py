"""The shell's completion, by the protocol that the shells' scripts speak: variables in, words out."""

import contextlib
import io
import os
import subprocess
import sys

import pytest
import typer.main

from dnsemu.cli import completion, main
from dnsemu.cli.commands import app
from dnsemu.cli.completion import VARIABLE, run_completion
from dnsemu.cli.token import authorization
from dnsemu.what_if.rules import RULES

HEAVY = {"aiohttp", "asyncio", "rich", "sqlalchemy", "structlog", "yaml"}
FILE = """
health_checks:
- {id: web-us, name: Web US, type: HTTP, ip_address: 192.0.2.9, port: 8101}
hosted_zones:
- name: shop.test
  record_sets:
  - {name: www, type: A, ttl: 60, resource_records: [192.0.2.1]}
  - {name: near, type: A, ttl: 60, set_identifier: us, region: us-east-1, resource_records: [192.0.2.1]}
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The file x.yaml in the working directory; no server is asked."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.yaml").write_text(FILE)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/y.yml").write_text(FILE)
    monkeypatch.setattr("dnsemu.cli.client.call", lambda *_, **__: pytest.fail("asks a server"))


def asked(monkeypatch, shell, **variables):
    """The output and the exit code of one completion."""
    for name, value in {VARIABLE: f"complete_{shell}", "COLUMNS": "80", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["dnsemu"])
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors), pytest.raises(SystemExit) as end:
        main()
    assert errors.getvalue() == ""
    return output.getvalue().splitlines(), end.value.code


def words(monkeypatch, line):
    found, _ = asked(monkeypatch, "fish", _TYPER_COMPLETE_ARGS=f"dnsemu {line}", _TYPER_COMPLETE_FISH_ACTION="get-args")
    return [word.partition("\t")[0] for word in found if word]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("hist", ["history"], id="a command"),
        pytest.param("help wha", ["what-if"], id="a command to explain"),
        pytest.param("explain --fi", ["--file"], id="an option"),
        pytest.param("explain --file x.yaml w", ["www.shop.test"], id="a name"),
        pytest.param("explain --file folder n", ["near.shop.test"], id="a name in a folder"),
        pytest.param("explain www.shop.test TX", ["TXT"], id="a type"),
        pytest.param("explain www.shop.test mx", ["mx"], id="a type in lower case"),
        pytest.param("explain www.shop.test --place us-east-", ["us-east-1", "us-east-2"], id="a Region"),
        pytest.param("explain www.shop.test --place US-CA", ["US-CA"], id="a state"),
        pytest.param("what-if --place JP,F", ["JP,FI", "JP,FJ", "JP,FK", "JP,FM", "JP,FO", "JP,FR"], id="places"),
        pytest.param("what-if --file x.yaml n", ["near.shop.test"], id="a name to fail"),
        pytest.param("what-if --file x.yaml --down r", ["region:us-east-1"], id="a Region that fails"),
        pytest.param("what-if --file x.yaml --down W", ["Web US"], id="a health check that fails"),
        pytest.param("what-if --require ", list(RULES), id="rules"),
        pytest.param("force web-us ", ["auto", "healthy", "unhealthy"], id="states"),
        pytest.param("clock ", ["advance", "now", "pause", "resume", "speed"], id="actions of the clock"),
        pytest.param("history --kind v", ["vote"], id="kinds of events"),
        pytest.param("observe web-us s", ["success"], id="results"),
        pytest.param("alarm high ", ["ALARM", "INSUFFICIENT_DATA", "OK"], id="states of alarms"),
        pytest.param("routing-control arn ", ["off", "on"], id="states of routing controls"),
        pytest.param("checkers ", ["block", "show", "unblock"], id="actions on checkers"),
        pytest.param("snapshot ", ["load", "save"], id="actions on snapshots"),
        pytest.param("reset --only api,he", ["api,health"], id="parts of a server"),
        pytest.param("serve --probes m", ["manual"], id="modes of probes"),
        pytest.param("serve --clock ", ["real", "speed=10", "virtual"], id="clocks"),
    ],
)
def test_words_are_completed(file, monkeypatch, line, expected):
    assert sorted(words(monkeypatch, line)) == sorted(expected)


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        pytest.param("explain w", ["names"], id="explain"),
        pytest.param("what-if w", ["names"], id="what-if"),
        pytest.param("status w", ["health-checks", "names"], id="status"),
        pytest.param("force w", ["patterns"], id="force"),
        pytest.param("probe w", ["health-checks"], id="probe"),
        pytest.param("observe w", ["health-checks"], id="observe"),
        pytest.param("history w", ["health-checks"], id="history"),
        pytest.param("alarm w", ["alarms"], id="alarm"),
        pytest.param("alarm x OK --region w", ["alarm-regions"], id="a Region of alarms"),
        pytest.param("routing-control w", ["routing-controls"], id="routing-control"),
        pytest.param("probe x --region w", ["checker-regions"], id="a Region of checkers"),
        pytest.param("checkers block w", ["checker-regions"], id="checkers to block"),
    ],
)
def test_a_server_is_asked_once_and_briefly(monkeypatch, line, kinds):
    calls = []

    def call(server, path, field, *, query, timeout_s):
        calls.append((server, path, query, timeout_s))
        return {"words": [{"word": "web-us", "about": "Web US"}]}

    monkeypatch.setattr("dnsemu.cli.client.call", call)
    assert words(monkeypatch, f"{line.partition(' ')[0]} --server here:1 {line.partition(' ')[2]}") == ["web-us"]
    assert calls == [("here:1", "words", [*(("of", kind) for kind in kinds), ("prefix", "w")], completion.TIME_LIMIT_S)]


@pytest.mark.parametrize(
    ("option", "sent"),
    [("--token told ", {"Authorization": "Bearer told"}), ("", {"Authorization": "Bearer known"})],
    ids=["option", "variable"],
)
def test_a_server_is_asked_with_its_token(monkeypatch, option, sent):
    headers = []

    def call(*_, **__):
        headers.append(authorization())
        return {"words": []}

    monkeypatch.setattr("dnsemu.cli.client.call", call)
    monkeypatch.setenv("DNSEMU_TOKEN", "known")
    words(monkeypatch, f"force {option}w")
    assert headers == [sent]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("explain --file missing.yaml w", id="a missing file"),
        pytest.param("explain --file - w", id="standard input, which is the terminal's"),
        pytest.param("explain --file broken.yaml w", id="a broken file"),
        pytest.param("explain --server here:no w", id="a wrong address"),
        pytest.param("explain w", id="no server"),
        pytest.param("explain 'w", id="an open quote"),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_failures_are_silent(tmp_path, monkeypatch, line, shell):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.yaml").write_text("hosted_zones: [")

    def call(*_, **__):
        raise OSError("no server")

    monkeypatch.setattr("dnsemu.cli.client.call", call)
    split = ["dnsemu", *line.split()]
    found, _ = asked(
        monkeypatch,
        shell,
        COMP_WORDS="\n".join(split),
        COMP_CWORD=str(len(split) - 1),
        _TYPER_COMPLETE_ARGS=f"dnsemu {line}",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
    )
    assert [word for word in found if word] == (["_files"] if shell == "zsh" else [])


def test_an_error_of_ours_is_silent_too(monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, "complete_zsh")
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as end:
        run_completion(lambda: 1 / 0)
    assert end.value.code == 1
    assert capsys.readouterr().err == ""


def test_large_files_are_not_read(file, monkeypatch):
    monkeypatch.setattr(completion, "MAX_FILES_BYTES", 10)
    assert words(monkeypatch, "explain --file x.yaml w") == []


@pytest.mark.outside
@pytest.mark.parametrize(
    "line",
    [
        pytest.param("dnsemu --help", id="help"),
        pytest.param("dnsemu explain --server 127.0.0.1:1 w", id="names of a server"),
        pytest.param("dnsemu force web ", id="states"),
        pytest.param("dnsemu explain x --place J", id="places"),
        pytest.param("dnsemu what-if --require n", id="rules"),
    ],
)
def test_help_and_completion_import_nothing_heavy(line):
    """A shell waits for them; each of these modules takes 20 ms or more. (typer itself reads arguments with pydantic.)"""
    split = line.split(" ")
    variables = {VARIABLE: "complete_bash", "COMP_WORDS": "\n".join(split), "COMP_CWORD": str(len(split) - 1)}
    program = (
        "import sys; sys.argv = sys.argv[1:]; from dnsemu.cli import main\n"
        "try: main()\n"
        f"finally: print(*sorted({HEAVY} & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *split], env=os.environ | (variables if "--help" not in line else {}),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "\n")


def test_every_argument_that_names_something_is_completed():
    """An argument or option whose value stands in the server or in a short list has words."""
    free = {
        "on|manual|off",
        "ADDR:PORT",
        "HOST",
        "N",
        "URL",
        "FILE",
        "ADDR",
        "ADDR[/LEN]",
        "DURATION",
        "DURATION|X",
        "TEXT",
        "TO",
    } | {*("SECONDS", "TOKEN")}
    bare = [
        f"{name} {parameter.metavar}"
        for name, command in typer.main.get_command(app).commands.items()
        for parameter in command.params
        if not getattr(parameter, "is_flag", False)
        and parameter.metavar not in free
        and parameter._custom_shell_complete is None
    ]
    assert bare == []
