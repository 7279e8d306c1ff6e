"""Progress of loading files: the calls made, and the pace at which it is shown."""

import json

from dnsemu.config.file.load import load_files
from dnsemu.config.file.progress import RECORD_SETS_PER_STEP, SHOWN_AFTER_S, throttled
from dnsemu.files.loading import compile_world


def test_nothing_is_shown_at_first_then_at_a_pace():
    now = 100.0
    shown = []
    progress = throttled(lambda *update: shown.append((now, *update)), 3.0, lambda: now)
    for done in range(100):
        now = 100.0 + done / 10
        progress("checking", done, 100)
    assert [at for at, *_ in shown] == [100 + SHOWN_AFTER_S, 104.0, 107.0]
    assert shown[0][1:] == ("checking", 10, 100)


def test_a_new_activity_is_shown_at_once():
    now, shown = 100.0, []
    progress = throttled(lambda *update: shown.append((now, *update)), 3.0, lambda: now)
    for at, activity in (
        (100.0, "reading"),
        (100.5, "checking"),
        (101.5, "checking"),
        (102.0, "compiling"),
        (102.5, "compiling"),
    ):
        now = at
        progress(activity, 0, 9)
    assert [(at, activity) for at, activity, *_ in shown] == [(101.5, "checking"), (102.0, "compiling")]


def test_the_calls_made_while_loading(tmp_path):
    number = RECORD_SETS_PER_STEP + 1
    zones = [
        {"name": f"{zone}.test", "record_sets": [
            {"name": f"h{n}", "type": "A", "ttl": 60, "resource_records": ["192.0.2.1"]} for n in range(number)
        ]}
        for zone in "ab"
    ]  # fmt: skip
    file = tmp_path / "f.json"
    file.write_text(json.dumps({"hosted_zones": zones}))
    calls = []
    compile_world(load_files([file], lambda *call: calls.append(call)), lambda *call: calls.append(call))
    assert calls == [
        ("reading", 0, 0),
        *(("checking", done, 2 * number) for done in (0, number - 1, number, 2 * number - 1)),
        *(("compiling", done, 2 * (number + 2)) for done in (0, number + 2)),  # with SOA and NS
    ]
