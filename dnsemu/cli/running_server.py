"""The commands that need a running server; each makes one or two control calls."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dnsemu.cli.client import check_path, force_check, status_of
from dnsemu.cli.completion import fixed, known
from dnsemu.cli.options import DEFAULT_SERVER, AsJson, Server, ask, count, fail, or_exit, print_json, refuse
from dnsemu.config.text.durations import duration_text

_STATES = {"healthy": "override", "unhealthy": "override", "auto": "end the override"}
_CLOCK_ACTIONS = {
    "now": "show the time",
    "pause": "stop the time",
    "resume": "go on",
    "advance": "let a duration pass at once, such as 90s",
    "speed": "factor of real time, such as 10",
}
_KINDS = {
    "status": "a health check's status changed",
    "vote": "one checker's vote changed",
    "forced": "a status was forced",
    "declared": "a health check is new",
    "removed": "a health check was removed",
}
_ALARM_STATES = {"OK": "healthy", "ALARM": "unhealthy", "INSUFFICIENT_DATA": "as the health check says"}
_CHECKER_ACTIONS = {"show": "the checkers", "block": "cut off from a network", "unblock": "end that"}

CheckId = Annotated[
    str, typer.Argument(metavar="CHECK", autocompletion=known("health-checks"), help="The health check's id or name.")
]
FromRegion = Annotated[
    str | None,
    typer.Option(
        metavar="REGION",
        autocompletion=known("checker-regions"),
        help="Only checkers of this Region.",
        show_default=False,
    ),
]


def status(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="CHECK|NAME",
            autocompletion=known("health-checks", "names"),
            help="Show one health check in full, or the answers and checks behind one name.",
        ),
    ] = None,
    is_watching: Annotated[bool, typer.Option("--watch", help="Repeat every second until interrupted.")] = False,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Show health checks, checkers, and the answers that are served."""
    from dnsemu.cli.status import drawn_check, drawn_status, show, watch

    def drawn(height: int | None) -> Any:
        found = status_of(server, what)
        return drawn_check(found, height) if "history" in found else drawn_status(found, height)

    if is_watching and not as_json:
        try:
            or_exit(lambda: watch(drawn), as_json=as_json)
        except KeyboardInterrupt:
            return
    if as_json:
        print_json(or_exit(lambda: status_of(server, what), as_json=as_json))
    else:
        show(or_exit(lambda: drawn(None), as_json=as_json))


def force(
    check: Annotated[
        str | None,
        typer.Argument(
            metavar="CHECK",
            autocompletion=known("patterns"),
            help="A health check's id, or several: 'web-*', region:eu-west-1, az:use1-az1, address:192.0.2.1.",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Argument(metavar="healthy|unhealthy|auto", autocompletion=fixed(_STATES), help="auto: end the override."),
    ] = None,
    duration: Annotated[
        str | None,
        typer.Option("--for", metavar="DURATION", help="End it after this time, such as 10m.", show_default=False),
    ] = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Override the status of health checks; the observed status stays visible.

    A later rule overrides an earlier one. Without arguments: list the rules in force, in that order.
    """
    if check is None:
        _show_rules(ask(server, "force", "rules", as_json=as_json), as_json=as_json)
        return
    if to is None:
        raise typer.BadParameter("the status is missing: write healthy, unhealthy or auto")
    if to not in ("healthy", "unhealthy", "auto"):
        refuse(f"'{to}' is not a status: write healthy, unhealthy or auto", as_json=as_json)
    body = {"status": to} | ({"for": duration} if duration else {})
    if any(sign in check for sign in ":*?["):
        found = ask(server, "force", "health_checks", as_json=as_json, body={"pattern": check, **body})
        checks = found["health_checks"]
    else:
        found = or_exit(lambda: force_check(server, check, body), as_json=as_json)
        checks = [found]
    if as_json:
        print_json(found)
        return
    for one in checks:
        forced = f"forced {one['forced']}" if one["forced"] else "not forced"
        forced += ", inverted" if one["inverted"] else ""
        until = f" until {one['forced_until'][11:19]}" if one["forced_until"] else ""
        print(f"{one['name'] or one['id']}: {one['status']} ({forced}{until}; observed: {one['observed']})")
    for target in found.get("targets", []):
        until = f" until {target['forced_until'][11:19]}" if target["forced_until"] else ""
        forced = f"forced {target['forced']}{until}" if target["forced"] else "not forced"
        print(f"{target['target']} of {target['resource']} {forced} (no health check)")
    if found.get("warning"):
        print(f"warning: {found['warning']}")


def clock(
    do: Annotated[
        str,
        typer.Argument(
            metavar="now|pause|resume|advance|speed",
            autocompletion=fixed(_CLOCK_ACTIONS),
            help="Action; now only shows the time.",
        ),
    ] = "now",
    by: Annotated[
        str | None,
        typer.Argument(metavar="DURATION|X", help="Time to advance by (90s, 1m30s), or factor of real time."),
    ] = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Show or change the emulator's time."""
    if do == "now":
        if by is not None:
            refuse(f"'now' takes no argument, but got '{by}'", as_json=as_json)
        found = ask(server, "clock", "now", as_json=as_json)
    elif do in ("pause", "resume", "advance", "speed"):
        body = {"do": do} | ({"by": by} if by is not None else {})
        found = ask(server, "clock", "now", as_json=as_json, body=body, timeout_s=None)
    else:
        refuse(f"'{do}' is not a clock action: write now, pause, resume, advance DURATION or speed X", as_json=as_json)
    if as_json:
        print_json(found)
        return
    from dnsemu.cli.history import print_events

    if found.get("changes"):
        print_events(found["changes"])
    print(_clock_line(found))


def history(
    check: Annotated[
        str | None,
        typer.Argument(metavar="CHECK", autocompletion=known("health-checks"), help="Only this health check."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            autocompletion=fixed(_KINDS),
            help="Only status, vote, forced, declared or removed.",
            show_default=False,
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Print new events as they happen, until interrupted.")
    ] = False,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Print every change of a health check's status with its cause, newest last."""
    from dnsemu.cli.history import run_history

    or_exit(lambda: run_history(server, check, kind, live=follow, as_json=as_json), as_json=as_json)


def probe(check: CheckId, region: FromRegion = None, server: Server = DEFAULT_SERVER, as_json: AsJson = False) -> None:
    """Probe an endpoint now, from all of its checkers."""
    body = {"region": region} if region else {}
    _show_check(ask(server, f"{check_path(check)}/probe", "history", as_json=as_json, body=body), as_json=as_json)


def observe(
    check: CheckId,
    result: Annotated[
        str,
        typer.Argument(
            metavar="success|failure",
            autocompletion=fixed({"success": "", "failure": ""}),
            help="The result of the probe.",
        ),
    ],
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Reason to record.", show_default=False)] = None,
    region: FromRegion = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Record a probe result by hand, as if the checkers had observed it."""
    if result not in ("success", "failure"):
        refuse(f"'{result}' is not a result: write success or failure", as_json=as_json)
    body = {"success": result == "success", "reason": reason, "region": region}
    _show_check(ask(server, f"{check_path(check)}/observe", "history", as_json=as_json, body=body), as_json=as_json)


def alarm(
    name: Annotated[
        str, typer.Argument(metavar="NAME", autocompletion=known("alarms"), help="The CloudWatch alarm's name.")
    ],
    state: Annotated[
        str,
        typer.Argument(
            metavar="OK|ALARM|INSUFFICIENT_DATA", autocompletion=fixed(_ALARM_STATES), help="State of its data."
        ),
    ],
    region: Annotated[
        str | None,
        typer.Option(
            metavar="REGION",
            autocompletion=known("alarm-regions"),
            help="Region of the alarm, if several Regions have one of that name.",
            show_default=False,
        ),
    ] = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Set the data state of a CloudWatch alarm that health checks follow."""
    body = {"name": name, "region": region, "state": state}
    _show_followers(ask(server, "alarms", "health_checks", as_json=as_json, body=body), as_json=as_json)


def routing_control(
    arn: Annotated[
        str, typer.Argument(metavar="ARN", autocompletion=known("routing-controls"), help="The routing control's ARN.")
    ],
    state: Annotated[
        str, typer.Argument(metavar="on|off", autocompletion=fixed({"on": "", "off": ""}), help="New state.")
    ],
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Set a routing control that health checks follow."""
    found = ask(server, "routing-controls", "health_checks", as_json=as_json, body={"arn": arn, "state": state})
    _show_followers(found, as_json=as_json)


def checkers(
    do: Annotated[
        str, typer.Argument(metavar="show|block|unblock", autocompletion=fixed(_CHECKER_ACTIONS), help="Action.")
    ] = "show",
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="FROM",
            autocompletion=known("checker-regions"),
            help="Checkers: a Region, a checker's address, or '*' for all.",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Argument(metavar="TO", help="Address or network that they cannot reach; default: everything."),
    ] = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Show the health checkers, or cut checkers off from networks."""
    if do in ("block", "unblock") and source is None:
        refuse(f"FROM is missing: write {do} FROM [TO], such as {do} sa-east-1 10.1.0.0/16", as_json=as_json)
    if do == "show":
        found = ask(server, "health-checkers", "blocked", as_json=as_json)
    elif do in ("block", "unblock"):
        found = ask(server, f"health-checkers/{do}", "blocked", as_json=as_json, body={"from": source, "to": to})
    else:
        refuse(
            f"'{do}' is not an action on checkers: write show, block FROM [TO] or unblock FROM [TO]", as_json=as_json
        )
    if as_json:
        print_json(found)
        return
    print(f"{found['per_region']} in each of {', '.join(found['regions'])}; probes {found['probes']}")
    for blocked in found["blocked"]:
        print(f"cut off: {blocked['from']} from {blocked['to'] or 'everything'} (by {blocked['by']})")


def snapshot(
    do: Annotated[
        str,
        typer.Argument(
            metavar="save|load", autocompletion=fixed({"save": "to a file", "load": "from a file"}), help="Action."
        ),
    ],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON file; load replaces everything made through the API with it.")
    ],
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Save everything that the Route 53 API keeps to a portable file, or load it from one."""
    from dnsemu.cli.client import fetch, send

    if do not in ("save", "load"):
        refuse(f"'{do}' is not an action on snapshots: write save FILE or load FILE", as_json=as_json)
    try:
        if do == "save":
            size_bytes = or_exit(lambda: fetch(server, "snapshot", file), as_json=as_json)
            found: dict[str, Any] = {"file": str(file), "bytes": size_bytes}
        else:
            found = or_exit(lambda: send(server, "snapshot", "hosted_zones", file), as_json=as_json)
    except OSError as failure:
        fail(f"{file}: {failure.strerror or failure}", as_json=as_json)
    if as_json:
        print_json(found)
    elif do == "save":
        print(f"{file}: {found['bytes']} bytes")
    else:
        _show_kept(found)


def _show_rules(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for rule in found["rules"]:
        until = f" until {rule['until']}" if rule["until"] else ""
        print(f"{rule['pattern']} {rule['status']}{until} (by {rule['by']})")
        if rule["warning"]:
            print(f"    warning: {rule['warning']}")
    for fault in found["faults"]:
        print(f"error: {fault}")
    if not found["rules"]:
        print("nothing is forced")


def _show_kept(found: dict[str, int]) -> None:
    print(", ".join(count(number, name.replace("_", " ").removesuffix("s")) for name, number in found.items()))


def _show_check(found: dict[str, Any], *, as_json: bool) -> None:
    from dnsemu.cli.status import drawn_check, show

    if as_json:
        print_json(found)
    else:
        show(drawn_check(found, None))


def _show_followers(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for check in found["health_checks"]:
        print(f"{check['name'] or check['id']}: {check['status']} ({check['summary']})")


def _clock_line(found: dict[str, Any]) -> str:
    if found["stands_still"]:
        goes = "stands still; 'dnsemu clock advance DURATION' moves it"
    else:
        goes = (
            "runs at the speed of real time" if found["speed"] == 1 else f"runs at {found['speed']:g} times real time"
        )
    if found["advancing_to"]:
        goes = f"is being moved to {found['advancing_to']}; 'dnsemu clock pause' stops it"
    ahead_s = found["ahead_s"]
    by = duration_text(float(round(abs(ahead_s))))
    off = f", {by} {'ahead of' if ahead_s > 0 else 'behind'} real time" if abs(ahead_s) >= 1 else ""
    return f"{found['now']}  {goes}{off}"
