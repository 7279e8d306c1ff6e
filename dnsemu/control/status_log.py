"""Tells of every change of a health check's status: in the log, or by a function."""

from collections.abc import Callable

import structlog

from dnsemu.healthcheck.verdict.history import Event, EventKind

log = structlog.get_logger()


def status_listener(on_change: Callable[[Event], None] | None) -> Callable[[Event], None]:
    """Returns a listener for the history: it passes changes of status to a function; without one, to the log."""

    def notify(event: Event) -> None:
        if event.kind is EventKind.STATUS:
            (on_change or _log_change)(event)

    return notify


def _log_change(event: Event) -> None:
    old, new = event.old and event.old.value, event.new and event.new.value
    log.info("health", check=event.check_id, status=new, was=old, cause=event.cause)
