"""A sample app behind the health checks: it says its name, and a request makes it sick or well.

The compose file runs it as `python -m dnsemu.demo.app --name us --port 8080`.
"""

import argparse
import socket

from aiohttp import web


def sample_app(name: str) -> web.Application:
    """Builds an app with `/`, `/health` (200 or 503), and `POST /sick` and `POST /well`, which choose between them."""
    is_well = True

    async def home(request: web.Request) -> web.Response:
        return web.Response(text=f"hello from {name}, host {request.host}\n")

    async def health(_request: web.Request) -> web.Response:
        return web.Response(text="well\n") if is_well else web.Response(status=503, text="sick\n")

    async def change(request: web.Request) -> web.Response:
        nonlocal is_well
        is_well = request.path == "/well"
        return web.Response(text=f"{name} is {'well' if is_well else 'sick'}\n")

    app = web.Application()
    app.add_routes(
        [
            web.get("/", home),
            web.get("/health", health),
            web.post("/sick", change),
            web.post("/well", change),
        ]
    )
    return app


async def start(name: str, sock: socket.socket) -> web.AppRunner:
    """Serve a sample app on a bound socket until the runner is cleaned up."""
    runner = web.AppRunner(sample_app(name), access_log=None)
    await runner.setup()
    await web.SockSite(runner, sock).start()
    return runner


def _main() -> None:
    parser = argparse.ArgumentParser(description="A sample app that can be made sick.")
    parser.add_argument("--name", default="app", help="name that its replies show")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on")
    options = parser.parse_args()
    web.run_app(sample_app(options.name), host=options.host, port=options.port, access_log=None)


if __name__ == "__main__":
    _main()
