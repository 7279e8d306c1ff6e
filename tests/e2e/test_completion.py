"""Real shells complete the names of a running server."""

import contextlib
import os
import pty
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.serving import DNSEMU, dnsemu, serving_files
from tests.waiting import until

FILE = """
health_checks:
- {id: web-us, type: HTTP, ip_address: 127.0.0.1, port: 8101}
- {id: web-eu, name: "Europe's web", type: HTTP, ip_address: 127.0.0.1, port: 8102}
hosted_zones:
- name: shop.test
  record_sets:
  - {name: api, type: A, ttl: 60, resource_records: [192.0.2.1]}
  - {name: "*.apps", type: A, ttl: 60, resource_records: [192.0.2.1]}
  - {name: near, type: A, ttl: 60, set_identifier: us, region: us-east-1, health_check_id: web-us, resource_records: [192.0.2.1]}
  - {name: near, type: A, ttl: 60, set_identifier: eu, region: eu-west-1, health_check_id: web-eu, resource_records: [192.0.2.2]}
"""
SET_UP = {
    "bash": (["--norc", "--noprofile", "-i"], "source <(dnsemu --show-completion)"),
    "zsh": (
        ["-f", "-i"],
        "autoload -U compinit; compinit -u -D; bindkey -e; dnsemu --show-completion > .z; source .z",
    ),
}
BEGINNING_OF_LINE, END_OF_LINE = "\x01", "\x05"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Environment variables for a shell, with the address of a server."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "names.yaml").write_text(FILE)
    with serving_files("names.yaml", cwd=folder, options=["--probes", "manual"]) as server:
        yield os.environ | {
            **{"DNSEMU_SERVER": server.url, "HOME": str(folder), "INPUTRC": "/dev/null", "PS1": "$ ", "TERM": "dumb"},
            **{"PATH": f"{Path(DNSEMU).parent}:{os.environ['PATH']}", "COLUMNS": "500"},
        }


def completed(program, shell, line, environment):
    """The words of a line after the tab key, as the shell would pass them to dnsemu."""
    arguments, set_up = SET_UP[shell]
    ours, theirs = pty.openpty()
    typed = f"{set_up}\ndnsemu {line}\t{BEGINNING_OF_LINE}printf '<%s>' {END_OF_LINE} '<END>'\n"
    process = subprocess.Popen(
        [program, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=environment["HOME"],
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    os.set_blocking(ours, False)
    screen = ""

    def words():
        nonlocal screen
        with contextlib.suppress(BlockingIOError, OSError):
            screen += os.read(ours, 1 << 16).decode(errors="replace")
        return re.search("<dnsemu>(.*)<<END>>", screen)

    try:
        os.write(ours, typed.encode())
        return until(words, within_s=15, what="the words")[1]
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(ours)


@pytest.mark.parametrize("shell", SET_UP)
@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("expl", "<explain>", id="a command"),
        pytest.param("explain api", "<explain><api.shop.test>", id="a name"),
        pytest.param("explain \\*", "<explain><*.apps.shop.test>", id="a wildcard"),
        pytest.param("force web-u", "<force><web-us>", id="a health check"),
        pytest.param("force Eur", "<force><Europe's web>", id="a name with a blank and a quote"),
        pytest.param("force region:us", "<force><region:us-east-1>", id="a Region"),
        pytest.param("force 'region:us", "<force><region:us-east-1>", id="a Region in quotes"),
        pytest.param("force web-us un", "<force><web-us><unhealthy>", id="a state"),
        pytest.param("explain near.shop.test --place US-CA", "<explain><near.shop.test><--place><US-CA>", id="a place"),
    ],
)
def test_a_shell_completes(require_tool, shell, line, words, environment):
    assert completed(require_tool(shell), shell, line, environment) == words


def test_fish_lists_words_with_their_meaning(require_tool, environment):
    script = 'dnsemu --show-completion | source; complete -C "dnsemu force web-us "; complete -C "dnsemu probe web"'
    done = subprocess.run(
        [require_tool("fish"), "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    assert sorted(done.stdout.splitlines()) == [
        *("auto\tend the override", "healthy\toverride", "unhealthy\toverride"),
        *("web-eu\tEurope's web", "web-us\tHTTP 127.0.0.1 port 8101"),
    ]


def test_a_server_that_does_not_answer_costs_a_moment(environment):
    """A port that accepts connections and says nothing: the shell gets no words, and no error."""
    variables = {"_DNSEMU_COMPLETE": "complete_bash", "COMP_WORDS": "dnsemu\nexplain\nw", "COMP_CWORD": "2"}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = f"http://127.0.0.1:{listener.getsockname()[1]}"
        done = dnsemu(env={**variables, "DNSEMU_SERVER": silent}, within_s=20)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_the_script_can_be_shown_and_installed(environment, tmp_path):
    """`--install-completion` writes into the home folder of the shell that runs it."""
    home = {**environment, "HOME": str(tmp_path)}
    script = "dnsemu --install-completion; cat ~/.bashrc ~/.bash_completions/dnsemu.sh; true"
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env=home, capture_output=True, text=True, timeout=60, check=True
    )
    assert "complete -o default -F _dnsemu_completion dnsemu" in done.stdout
    assert "bash_completions/dnsemu.sh" in (tmp_path / ".bashrc").read_text()
