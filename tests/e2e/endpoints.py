"""Endpoints of health checks: real programs that can be made sick, killed and started again."""

import subprocess
import sys
import urllib.request

from tests.serving import free_port
from tests.waiting import until


class App:
    """A process of the demo's sample app; it keeps its port when it is started again."""

    def __init__(self, name):
        self.name = name
        self.port = free_port()
        self._process = None
        self.start()

    def start(self):
        command = [sys.executable, "-m", "dnsemu.demo.app", "--name", self.name, "--host", "127.0.0.1"]
        self._process = subprocess.Popen([*command, "--port", str(self.port)], stdout=subprocess.DEVNULL)
        until(self._answers, what=f"the app {self.name}")

    def kill(self):
        self._process.kill()
        self._process.wait()

    def become(self, state):
        """Makes the app `sick` or `well`."""
        assert f"{self.name} is {state}" in self._get(f"/{state}", data=b"")

    def _answers(self):
        try:
            return self._get("/")
        except OSError:
            return None

    def _get(self, path, data=None):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", data, timeout=5) as response:
            return response.read().decode()
