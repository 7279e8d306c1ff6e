"""Renders explanations as text, for the command line and over DNS; `--json` prints the same data."""

from collections.abc import Iterator
from typing import Any

MAX_VALUES = 4
MAX_ANSWERS = 20


def explanation_lines(explanation: dict[str, Any]) -> Iterator[str]:
    """The lines of an explanation."""
    question, zone = explanation["question"], explanation["zone"]
    where = f"hosted zone {zone['id']} ({zone['name']})" if zone else "in no hosted zone"
    yield f"{question['name']} {question['type']}     {where} · health #{explanation['health_generation']}"
    yield f"client  {_client(explanation['client'])}"
    if explanation["wildcard"]:
        yield f"answered by the wildcard {explanation['wildcard']}"
    for decision in explanation["decisions"]:
        yield from _decision(decision, "")
    yield from _answers(explanation)


def _client(client: dict[str, Any]) -> str:
    parts = [client["country"], client["subdivision"]]
    place = client["region"] or "-".join(part for part in parts if part) or "unlocated"
    point = f"{client['latitude']:.2f},{client['longitude']:.2f}"
    network = f"{client['network']}  " if client["network"] else ""
    return f"{network}{place}  {point}  from {client['source'] or 'the question'}"


def _decision(decision: dict[str, Any], indent: str) -> Iterator[str]:
    sample = f", {decision['sample']} together" if decision["sample"] else ""
    yield f"{indent}└ {decision['policy']}  {decision['name']} {decision['type']}  ({decision['why']}{sample})"
    rows = [
        (
            candidate["set_identifier"] or "-",
            _criteria(candidate["worth"]),
            f"alias {candidate['alias']}" if candidate["alias"] else _values(candidate["values"]),
            ("healthy" if candidate["is_healthy"] else "unhealthy", candidate["health"]),
            f"← {_percent(candidate['percent'])}" if candidate["percent"] else "",
            candidate["below"],
        )
        for candidate in decision["candidates"]
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for identifier, criteria, values, (health, reason), share, below in rows:
        cells = [
            identifier.ljust(widths[0]),
            criteria.ljust(widths[1]),
            values.ljust(widths[2]),
            health.ljust(9),
            reason,
        ]
        yield f"{indent}    {'  '.join(cell for cell in cells if cell)}  {share}".rstrip()
        yield from _below(below, indent + "      ")
    if decision["passed_by"]:
        yield f"{indent}    not for this client: {', '.join(decision['passed_by'])}"


def _below(below: dict[str, Any] | None, indent: str) -> Iterator[str]:
    if below is None:
        return
    if "lost" in below:
        yield f"{indent}└ {below['name']}: {below['lost']}"
    elif "resource" in below:
        yield from _resource(below, indent)
    elif "cname" in below:
        yield f"{indent}└ CNAME {below['cname']}: {below['result']}"
        for decision in below["decisions"]:
            yield from _decision(decision, indent + "  ")
    else:
        yield from _decision(below, indent)


def _resource(resource: dict[str, Any], indent: str) -> Iterator[str]:
    sample = f", {resource['sample']} together" if resource["sample"] else ""
    yield f"{indent}└ {resource['kind']}  {resource['resource']}  ({resource['why']}{sample})"
    rows = [
        (
            target["address"] or "",
            target["host"] or "",
            target["availability_zone"] or "",
            target["target_group"] or "",
            "healthy" if target["is_healthy"] else "unhealthy",
            target["health"],
            f"← {_percent(target['percent'])}" if target["percent"] else "",
        )
        for target in resource["targets"]
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True) if width)
        yield f"{indent}    {'  '.join(cells)}".rstrip()


def _criteria(criteria: dict[str, Any]) -> str:
    formats = {
        "weight": lambda v: f"weight {v:>3}",
        "latency_ms": lambda v: f"{v:.0f} ms",
        "distance_km": lambda v: f"{v:.0f} km",
        "bias": lambda v: f"bias {v:+}",
        "biased_km": lambda v: f"as {v:.0f} km",
    }
    return "  ".join(formats.get(key, str)(value) for key, value in criteria.items())


def _values(values: list[str]) -> str:
    more = len(values) - MAX_VALUES
    return " ".join(values[:MAX_VALUES]) + (f" and {more} more" if more > 0 else "")


def _percent(percent: float) -> str:
    return f"{percent:.4g} %"


def _answers(explanation: dict[str, Any]) -> Iterator[str]:
    scope = f"  ECS scope /{explanation['ecs_scope']}" if explanation["ecs_scope"] else ""
    if explanation["result"] == "referral":
        yield f"answer  a referral to the name servers of {explanation['cut']}"
    elif explanation["result"] == "forwarded":
        yield f"answer  what {' or '.join(explanation['forward_to'])} says: no hosted zone holds the name"
    elif explanation["result"] == "refused":
        yield "answer  REFUSED: no hosted zone holds the name"
    elif explanation["result"] == "nxdomain":
        yield "answer  NXDOMAIN: no record set is at the name or below it"
    elif not explanation["answers"]:
        yield f"answer  NODATA{scope}"
    answers = explanation["answers"]
    for number, answer in enumerate(answers[:MAX_ANSWERS]):
        label = "answer" if number == 0 else ""
        record = f"{answer['ttl']}  {answer['type']}  {_values(answer['values'])}"
        yield f"{label:6}  {_percent(answer['percent']):>8}  {answer['owner']}  {record}{scope if number == 0 else ''}"
    if len(answers) > MAX_ANSWERS:
        yield f"        and {len(answers) - MAX_ANSWERS} more"
    if not explanation["is_complete"]:
        yield "        the tree is larger than shown here"
