"""Fixtures for probes of real sockets."""

import asyncio
import gc
from pathlib import Path

import pytest

from tests.healthcheck.endpoints import certificate


def loop_factory(name):
    return pytest.importorskip("uvloop").new_event_loop if name == "uvloop" else asyncio.new_event_loop


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request):
    """Runs a coroutine function on a loop; fails if it leaves a task, an open file, or an error that the loop logs."""

    def run(function):
        faults = []

        async def main():
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: faults.append(context))
            result = await function()
            for _ in range(20):
                await asyncio.sleep(0)
            assert not [task for task in asyncio.all_tasks() - {asyncio.current_task()} if not is_endpoint(task)]
            return result

        factory = loop_factory(request.param)
        factory().close()  # opens the files that all loops of this kind share
        open_before = open_files()
        with asyncio.Runner(loop_factory=factory) as runner:
            result = runner.run(main())
        if open_files() > open_before:  # perhaps only in garbage, whose ResourceWarning then fails the test
            gc.collect()
        assert not faults
        assert open_files() <= open_before
        return result

    return run


def is_endpoint(task):
    return task.get_coro().__qualname__.startswith("endpoint.")


def open_files():
    return len(list(Path("/dev/fd").iterdir()))


@pytest.fixture(scope="session")
def self_signed(tmp_path_factory, require_tool):
    return certificate(tmp_path_factory.mktemp("self-signed"), require_tool)
