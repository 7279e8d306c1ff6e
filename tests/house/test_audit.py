"""scripts/audit.py against a database on loopback: it fails for vulnerable versions only, never for want of a network."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.house.sources import ROOT
from tests.serving import free_port

LOCK = "good==1.0\n    # via bad\nbad[extra]==2.0 ; python_version < '4'\n"


@pytest.fixture
def database():
    """A database; yields its address and a dictionary: the reply, and the body that it got."""
    talk = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            talk["asked"] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(talk.get("status", 200))
            self.end_headers()
            self.wfile.write(talk["reply"].encode())

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", talk
        server.shutdown()
        thread.join()


def audit(address, tmp_path):
    (tmp_path / "requirements.lock").write_text(LOCK)
    command = [sys.executable, "-m", "scripts.audit", "--lock", tmp_path / "requirements.lock", "--database", address]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert not done.stderr
    return done.returncode, done.stdout


def test_a_vulnerable_version_fails(database, tmp_path):
    address, talk = database
    talk["reply"] = json.dumps({"results": [{}, {"vulns": [{"id": "PYSEC-1"}, {"id": "GHSA-2"}]}]})
    code, text = audit(address, tmp_path)
    assert (code, text.splitlines()[0]) == (1, "bad 2.0: PYSEC-1, GHSA-2")
    asked = [(query["package"]["name"], query["version"]) for query in talk["asked"]["queries"]]
    assert asked == [("good", "1.0"), ("bad", "2.0")]


def test_no_known_vulnerability_passes(database, tmp_path):
    address, talk = database
    talk["reply"] = '{"results": [{}, {}]}'
    assert audit(address, tmp_path) == (
        0,
        "2 packages of requirements.lock are audited: 0 with known vulnerabilities\n",
    )


@pytest.mark.parametrize(("status", "reply"), [(200, "no JSON"), (200, "[]"), (200, '{"results": [{}]}'), (503, "{}")])
def test_a_database_that_fails_is_said(status, reply, database, tmp_path):
    address, talk = database
    talk |= {"status": status, "reply": reply}
    code, text = audit(address, tmp_path)
    assert code == 0
    assert text.startswith("requirements.lock is not audited")
    assert text.count("\n") == 1


def test_without_a_network_it_is_said(tmp_path):
    code, text = audit(f"http://127.0.0.1:{free_port()}/", tmp_path)
    assert code == 0
    assert text.startswith("requirements.lock is not audited, as no database of vulnerabilities is reachable")
