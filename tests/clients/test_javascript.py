"""The AWS SDK for JavaScript, version 3."""

from pathlib import Path

from tests.e2e.asking import served

SCRIPT = Path(__file__).parent / "javascript" / "shop.cjs"


def test_zone_records_and_health_check(server, run_json, installed, require_tool):
    modules = installed("javascript") / "node_modules"
    told = run_json(require_tool("node"), SCRIPT, env={"NODE_PATH": str(modules)})
    assert told["servers"] == 4
    assert told["waited"] == "SUCCESS"
    assert [row[:2] for row in told["listed"]] == [
        ["javascript.test.", "NS"],
        ["javascript.test.", "SOA"],
        ["text.javascript.test.", "TXT"],
        ["www.javascript.test.", "A"],
    ]
    assert told["listed"][2][2] == ['"a & <b>" "it\'s"']
    assert told["check"].items() >= {"Type": "TCP", "IPAddress": "192.0.2.1", "Port": 80, "Disabled": True}.items()
    assert (told["error"], told["isRefused"]) == ("NoSuchHealthCheck", True)
    assert served(server.dns, "www.javascript.test") == ["192.0.2.1"]
    assert served(server.dns, "text.javascript.test", "TXT") == ['"a & <b>" "it\'s"']
