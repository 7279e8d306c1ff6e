"""The commands that ask a running server, each a client of one or two control calls."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dnsemu.cli.client import force_check
from dnsemu.cli.options import DEFAULT_SERVER, AsJson, Server, ask, count, fail, print_json, refuse, told
from dnsemu.config.text.durations import duration_text

CheckId = Annotated[str, typer.Argument(metavar="CHECK", help="The health check's id.")]
FromRegion = Annotated[
    str | None, typer.Option(metavar="REGION", help="Only the checkers of this Region.", show_default=False)
]


def status(
    check: Annotated[str | None, typer.Argument(metavar="[CHECK]", help="Show all of one health check.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every second until interrupted.")] = False,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Health checks, checkers, and who serves what."""
    from dnsemu.cli.status import check_picture, picture, show, watch_picture

    path, field, draw = ("status", "serving", picture) if check is None else (_path(check), "history", check_picture)
    if watch and not as_json:
        try:
            watch_picture(lambda height: draw(ask(server, path, field, as_json), height))
        except KeyboardInterrupt:
            return
    found = ask(server, path, field, as_json)
    if as_json:
        print_json(found)
    else:
        show(draw(found, None))


def force(
    check: Annotated[
        str | None,
        typer.Argument(
            metavar="[CHECK]",
            help="A health check's id, or several: 'web-*', region:eu-west-1, az:use1-az1, address:192.0.2.1.",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Argument(metavar="[healthy|unhealthy|auto]", help="auto: what is observed counts again."),
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="Until then, such as 10m.", show_default=False)
    ] = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Overlay health checks' status; what is observed stays visible. Later words override earlier ones.

    Without arguments: what is forced just now, in the order in which it counts.
    """
    if check is None:
        _show_rules(ask(server, "force", "rules", as_json), as_json)
        return
    if to is None:
        raise typer.BadParameter("what to force it to is missing: healthy, unhealthy or auto")
    if to not in ("healthy", "unhealthy", "auto"):
        refuse(f"'{to}' is no status: write healthy, unhealthy or auto", as_json)
    body = {"status": to} | ({"for": duration} if duration else {})
    if any(sign in check for sign in ":*?["):
        found = ask(server, "force", "health_checks", as_json, body={"pattern": check, **body})
        checks = found["health_checks"]
    else:
        found = told(lambda: force_check(server, check, body), as_json)
        checks = [found]
    if as_json:
        print_json(found)
        return
    for one in checks:
        forced = f"forced {one['forced']}" if one["forced"] else "not forced"
        forced += ", inverted" if one["inverted"] else ""
        until = f" until {one['forced_until'][11:19]}" if one["forced_until"] else ""
        print(f"{one['id']}: {one['status']} ({forced}{until}; observed: {one['observed']})")


def clock(
    do: Annotated[str, typer.Argument(metavar="[now|pause|resume|advance|speed]", help="What to do.")] = "now",
    by: Annotated[
        str | None,
        typer.Argument(metavar="[DURATION|X]", help="How far to advance (90s, 1m30s), or how many times as fast."),
    ] = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """The emulator's time: what it is, and how it goes."""
    if do == "now":
        if by is not None:
            refuse(f"'now' takes nothing more, but got '{by}'", as_json)
        found = ask(server, "clock", "now", as_json)
    elif do in ("pause", "resume", "advance", "speed"):
        body = {"do": do} | ({"by": by} if by is not None else {})
        found = ask(server, "clock", "now", as_json, body=body, timeout_s=None)
    else:
        refuse(f"the clock cannot '{do}': write now, pause, resume, advance DURATION or speed X", as_json)
    if as_json:
        print_json(found)
        return
    from dnsemu.cli.history import show as show_events

    if found.get("changes"):
        show_events(found["changes"])
    print(_clock_line(found))


def history(
    check: Annotated[str | None, typer.Argument(metavar="[CHECK]", help="Only of this health check.")] = None,
    kind: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="Only status, vote, forced, declared or removed.", show_default=False),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it happens, until interrupted.")] = False,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """What became of the health checks: every change of verdict with its cause, newest last."""
    from dnsemu.cli.history import run_history

    told(lambda: run_history(server, check, kind, follow, as_json), as_json)


def probe(check: CheckId, region: FromRegion = None, server: Server = DEFAULT_SERVER, as_json: AsJson = False) -> None:
    """Probe an endpoint at once, from all of its checkers."""
    body = {"region": region} if region else {}
    _show_check(ask(server, f"{_path(check)}/probe", "history", as_json, body=body), as_json)


def observe(
    check: CheckId,
    result: Annotated[str, typer.Argument(metavar="success|failure", help="What was observed.")],
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why.", show_default=False)] = None,
    region: FromRegion = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Tell a health check a result as if its checkers had observed it."""
    if result not in ("success", "failure"):
        refuse(f"'{result}' is no result: write success or failure", as_json)
    body = {"success": result == "success", "reason": reason, "region": region}
    _show_check(ask(server, f"{_path(check)}/observe", "history", as_json, body=body), as_json)


def alarm(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The CloudWatch alarm's name.")],
    state: Annotated[str, typer.Argument(metavar="OK|ALARM|INSUFFICIENT_DATA", help="What its data says.")],
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="Where it is, if several have one.", show_default=False)
    ] = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Set the data state of a CloudWatch alarm that health checks follow."""
    body = {"name": name, "region": region, "state": state}
    _show_followers(ask(server, "alarms", "health_checks", as_json, body=body), as_json)


def routing_control(
    arn: Annotated[str, typer.Argument(metavar="ARN", help="The routing control's ARN.")],
    state: Annotated[str, typer.Argument(metavar="on|off", help="How it is set.")],
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Set a routing control that health checks follow."""
    found = ask(server, "routing-controls", "health_checks", as_json, body={"arn": arn, "state": state})
    _show_followers(found, as_json)


def checkers(
    do: Annotated[str, typer.Argument(metavar="[show|block|unblock]", help="What to do.")] = "show",
    source: Annotated[
        str | None, typer.Argument(metavar="[FROM]", help="A Region of checkers, one's address, or '*'.")
    ] = None,
    to: Annotated[
        str | None, typer.Argument(metavar="[TO]", help="What they cannot reach: an address or network.")
    ] = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Where probes are made from, and which checkers are cut off from what."""
    if do in ("block", "unblock") and source is None:
        refuse(f"from where? write {do} FROM [TO], such as {do} sa-east-1 10.1.0.0/16", as_json)
    if do == "show":
        found = ask(server, "health-checkers", "blocked", as_json)
    elif do in ("block", "unblock"):
        found = ask(server, f"health-checkers/{do}", "blocked", as_json, body={"from": source, "to": to})
    else:
        refuse(f"checkers cannot be told to '{do}': write show, block FROM [TO] or unblock FROM [TO]", as_json)
    if as_json:
        print_json(found)
        return
    print(f"{found['per_region']} in each of {', '.join(found['regions'])}; probes {found['probes']}")
    for blocked in found["blocked"]:
        print(f"cut off: {blocked['from']} from {blocked['to'] or 'everything'} (by {blocked['by']})")


def snapshot(
    do: Annotated[str, typer.Argument(metavar="save|load", help="What to do.")],
    file: Annotated[Path, typer.Argument(help="One JSON file; load puts it in place of all that the API made.")],
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Everything that the Route 53 API keeps, out to a portable file or in from one."""
    from dnsemu.cli.client import fetch, send

    if do not in ("save", "load"):
        refuse(f"a snapshot cannot be told to '{do}': write save FILE or load FILE", as_json)
    try:
        if do == "save":
            octets = told(lambda: fetch(server, "snapshot", file), as_json)
            found: dict[str, Any] = {"file": str(file), "bytes": octets}
        else:
            found = told(lambda: send(server, "snapshot", "hosted_zones", file), as_json)
    except OSError as failure:
        fail(f"{file}: {failure.strerror or failure}", as_json)
    if as_json:
        print_json(found)
    elif do == "save":
        print(f"{file}: {found['bytes']} bytes")
    else:
        _show_kept(found)


def reset(server: Server = DEFAULT_SERVER, as_json: AsJson = False) -> None:
    """Back to what the files declare, or to nothing: all that the Route 53 API made is gone."""
    found = ask(server, "reset", "hosted_zones", as_json, body={})
    if as_json:
        print_json(found)
    else:
        _show_kept(found)


COMMANDS = (status, force, clock, history, probe, observe, alarm, routing_control, checkers, snapshot, reset)


def _show_rules(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for rule in found["rules"]:
        until = f" until {rule['until']}" if rule["until"] else ""
        print(f"{rule['pattern']} {rule['status']}{until} (by {rule['by']})")
    for fault in found["faults"]:
        print(f"not read: {fault}")
    if not found["rules"]:
        print("nothing is forced")


def _show_kept(found: dict[str, int]) -> None:
    print(", ".join(count(number, name.replace("_", " ").removesuffix("s")) for name, number in found.items()))


def _path(check: str) -> str:
    from urllib.parse import quote

    return f"health-checks/{quote(check, safe='')}"


def _show_check(found: dict[str, Any], as_json: bool) -> None:
    from dnsemu.cli.status import check_picture, show

    if as_json:
        print_json(found)
    else:
        show(check_picture(found, None))


def _show_followers(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for check in found["health_checks"]:
        print(f"{check['id']}: {check['status']} ({check['summary']})")


def _clock_line(found: dict[str, Any]) -> str:
    if found["stands_still"]:
        goes = "stands still; 'dnsemu clock advance DURATION' moves it"
    else:
        goes = "runs as real time does" if found["speed"] == 1 else f"runs at {found['speed']:g} times real time"
    if found["advancing_to"]:
        goes = f"is being moved to {found['advancing_to']}; 'dnsemu clock pause' stops it"
    ahead_s = found["ahead_s"]
    by = duration_text(float(round(abs(ahead_s))))
    off = f", {by} {'ahead of' if ahead_s > 0 else 'behind'} real time" if abs(ahead_s) >= 1 else ""
    return f"{found['now']}  {goes}{off}"
