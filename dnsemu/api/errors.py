"""How the control API says no."""

from aiohttp import web


def failure(status: int, what: str, where: str = "", rule: str = "") -> web.Response:
    """An error as every control call gives it: what was refused, where, and the rule if there is one."""
    return web.json_response({"error": {"what": what, "where": where, "rule": rule}}, status=status)
