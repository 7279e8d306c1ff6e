"""Ansible's modules for Route 53, of the collection amazon.aws. Each runs twice, and the second run changes nothing."""

from pathlib import Path

import pytest

from tests.e2e.asking import served

PLAYS = Path(__file__).parent / "ansible"


@pytest.fixture(scope="module")
def play(run_json, installed, tmp_path_factory):
    """A function that runs a playbook and returns each task's result by the task's name."""
    programs = installed("ansible") / "bin"
    home = tmp_path_factory.mktemp("ansible")
    settings = {
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_HOME": str(home),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }

    def play(name, **values):
        variables = {"ansible_python_interpreter": programs / "python", **values}
        arguments = [word for name, value in variables.items() for word in ("--extra-vars", f"{name}={value}")]
        told = run_json(programs / "ansible-playbook", PLAYS / name, *arguments, cwd=home, env=settings, within_s=300)
        return {task["task"]["name"]: task["hosts"]["localhost"] for task in told["plays"][0]["tasks"]}

    return play


@pytest.fixture(scope="module")
def created(play):
    """The results of the first run."""
    return play("playbook.yaml")


def changed(tasks):
    return {name for name, task in tasks.items() if task["changed"]}


def test_the_first_run_changes_what_the_server_answers(server, boto, created):
    assert changed(created) == created.keys()
    assert served(server.dns, "www.ansible.test") == ["192.0.2.1", "192.0.2.2"]
    assert served(server.dns, "ansible.test") == ["192.0.2.1", "192.0.2.2"]
    assert served(server.dns, "anything.ansible.test") == ["192.0.2.3"]
    assert served(server.dns, "text.ansible.test", "TXT") == ['"a & b" "c"', '"v=spf1 -all"']
    assert served(server.dns, "failover.ansible.test") == ["192.0.2.1"]
    zone = created["zone"]["zone_id"]
    keys = boto.get_dnssec(HostedZoneId=zone)["KeySigningKeys"]
    assert [(key["Name"], key["Status"]) for key in keys] == [("shop_key", "ACTIVE")]


def test_the_second_run_changes_nothing(play, created):
    assert changed(play("playbook.yaml")) == set()


def test_removing_twice_changes_once(play, boto, created):
    ids = {"zone": created["zone"]["zone_id"], "check": created["check"]["health_check"]["id"]}
    removed = play("remove.yaml", **ids)
    assert changed(removed) == removed.keys()
    assert ids["check"] not in {check["Id"] for check in boto.list_health_checks()["HealthChecks"]}
    assert changed(play("remove.yaml", **ids)) == set()
