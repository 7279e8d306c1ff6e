"""docs/limits.md lists every bound: those with a metric by its label, and each `MAX_…` of the code with its value."""

import ast
import re
from datetime import timedelta
from importlib import import_module

import pytest

from dnsemu.config.model.settings import RateLimit
from dnsemu.runtime.limits import Limit
from tests.house.sources import MODULES, ROOT, tree

PAGE = (ROOT / "docs" / "limits.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ")]

SHOWN = {
    "answering.resolution MAX_CNAME_LINKS": "CNAMEs one after the other",
    "api.calls.clock MAX_ADVANCE_S": "`clock advance`",
    "api.calls.clock MAX_EVENTS": "`clock advance`",
    "api.calls.events MAX_EVENTS": "events in one reply",
    "api.calls.files MAX_FILES_BYTES": "files in a control call",
    "api.calls.forced_statuses MAX_UNCHECKED_SHOWN": "record sets without a health check",
    "api.calls.health_checks MAX_REASON_CHARACTERS": "the reason of a result",
    "api.calls.state MAX_LOADING": "`snapshot_loads`",
    "api.calls.what_if MAX_EVALUATIONS": "`what-if` by a call",
    "api.connections MAX_REQUEST_S": "`http_request_time`",
    "api.connections MAX_STALL_S": "`http_reply_time`",
    "api.connections MAX_HEADER_BYTES": "`http_header_bytes`",
    "api.connections MAX_DISCARDED_BYTES": "`http_discarded_bytes`",
    "api.json_bodies MAX_JSON_BYTES": "`http_body_bytes`",
    "api.limits MAX_STREAMS": "`event_streams`",
    "api.server MAX_BODY_BYTES": "`http_body_bytes`",
    "api.server MAX_HEADERS": "`http_header_bytes`",
    "api.server MAX_DISCARD_S": "`http_discarded_bytes`",
    "cli.detach MAX_ENDED_LOGS": "logs of servers in the background",
    "clock.clock MAX_SPEED": "the clock's speed",
    "clock.scheduler MAX_CONCURRENT_JOBS": "probes at once",
    "commands.context MAX_CHANGES": "changes that `GetChange` finds",
    "commands.context MAX_SURPLUS": "changes that `GetChange` finds",
    "config.file.documents MAX_BYTES": "a declared file",
    "config.file.yaml_reader MAX_DEPTH": "a declared file",
    "config.file.yaml_reader MAX_ALIASED_VALUES": "a declared file",
    "config.rules.loops MAX_LEVELS": "aliases one below the other",
    "config.rules.loops MAX_GROUPS_FOLLOWED": "groups below an answer",
    "config.shapes.settings MAX_CHANGE_DELAY_S": "changes that wait",
    "control.live_world MAX_COMPILED_ZONES": "zones that no query reaches",
    "explain.over_dns MAX_DECISIONS": "an explanation over DNS",
    "explain.over_dns MAX_CANDIDATES": "an explanation over DNS",
    "explain.over_dns MAX_BYTES": "an explanation over DNS",
    "explain.status MAX_GROUPS": "`status` of names",
    "explain.tree MAX_DECISIONS": "an explanation (`explain`)",
    "explain.tree MAX_CANDIDATES": "an explanation (`explain`)",
    "explain.tree MAX_LEVELS": "an explanation (`explain`)",
    "fastpath.answer_cache MAX_BYTES": "`answer_cache_bytes`",
    "fastpath.answer_cache MAX_LEAVES": "replies that are kept of one answer",
    "fastpath.packet_cache MAX_BYTES": "`packet_cache_bytes`",
    "fastpath.packet_cache MAX_SEEN": "packets that came once",
    "fastpath.packet_cache MAX_SOURCES": "senders of one packet",
    "faults.api_errors MAX_ERRORS": "errors to inject",
    "faults.api_errors MAX_TIMES": "errors to inject",
    "faults.endpoint_faults MAX_BODY_CHARACTERS": "the body with which a failing endpoint answers",
    "faults.force_rules MAX_RULES": "`force_rules`",
    "files.child MAX_ERRORS": "errors of declared files",
    "faults.force_file MAX_BYTES": "`--force-file`",
    "faults.patterns MAX_CHARACTERS": "a pattern",
    "files.snapshots MAX_SNAPSHOT_BYTES": "`snapshot_bytes`",
    "healthcheck.http.framing MAX_FRAMING_BYTES": "chunk sizes",
    "healthcheck.http.framing MAX_UNSEARCHED_FRAMING_BYTES": "chunk sizes",
    "healthcheck.http.head MAX_HEADER_BYTES": "headers of a response",
    "healthcheck.http.response MAX_RESPONSE_BYTES": "response",
    "healthcheck.http.response MAX_INTERIM_RESPONSES": "interim responses",
    "healthcheck.http.response MAX_INTERIM_BYTES": "interim responses",
    "healthcheck.http.search MAX_GZIP_MEMBERS": "searched body",
    "healthcheck.probes.closing MAX_LINGERING": "connections whose endpoints have not closed",
    "healthcheck.probes.partitions MAX_ADDED": "blocked paths",
    "healthcheck.probes.resolve MAX_LOOKUPS": "look-ups of host names",
    "healthcheck.probes.tcp MAX_BANNER_BYTES": "first words of a TCP endpoint",
    "healthcheck.report.cloudwatch MAX_MINUTES": "latency samples",
    "healthcheck.verdict.history MAX_EVENTS": "events of the history",
    "healthcheck.verdict.history MAX_EVENTS_PER_CHECK": "events of the history",
    "healthcheck.verdict.history MAX_TARGETS": "events of the history",
    "policies.decide MAX_ALIAS_LEVELS": "aliases one below the other",
    "policies.decide MAX_GROUPS_SEARCHED": "groups below an answer",
    "policies.geodata.region_latency MAX_CACHED_POINTS": "points whose latencies",
    "policies.location.client MAX_CLIENT_CLASSES": "client classes",
    "policies.location.locator MAX_REMEMBERED": "places of client networks",
    "query_log.log_file MAX_BYTES": "lines of the query log",
    "query_log.query_log MAX_SOURCES": "senders whose edge location",
    "route53.bodies MAX_LARGE_BODIES": "`http_large_bodies`",
    "route53.bodies MAX_WAIT_S": "`http_large_bodies`",
    "route53.xml_document MAX_DEPTH": "`xml_depth`",
    "route53.xml_document MAX_ELEMENTS": "`xml_elements`",
    "route53.xml_document MAX_ATTRIBUTES": "`xml_attributes`",
    "route53.xml_document MAX_NAME_CHARACTERS": "`xml_name_characters`",
    "route53.xml_document MAX_ATTRIBUTE_CHARACTERS": "`xml_attribute_characters`",
    "route53.xml_document MAX_TAG_BYTES": "`xml_tag_bytes`",
    "runtime.file_limit MAX_FILES": "open files",
    "runtime.file_limit MAX_HTTP_CONNECTIONS": "`http_connections`",
    "runtime.log_limit MAX_LINES": "`log_lines`",
    "runtime.log_limit MAX_TRACEBACKS": "`log_lines`",
    "server.transport.tcp MAX_CONNECTIONS": "DNS over TCP",
    "server.transport.tcp MAX_PER_TURN": "packets answered in one turn",
    "server.transport.udp MAX_PER_TURN": "packets answered in one turn",
    "upstream.clients MAX_CLIENTS": "clients whose rate",
    "upstream.forwarding MAX_PENDING": "`forwarded_queries`",
    "what_if.plan MAX_EVALUATIONS": "`what-if --file`",
    "what_if.questions MAX_NAMES_AT_ONCE": "`what-if` by a call",
    "what_if.tree MAX_LINKS": "`what-if` by a call",
    "wire.protocol MAX_UDP_BYTES": "a reply over UDP",
    "workers MAX_WORKERS": "workers (`--workers`)",
    "workers.backlog MAX_NAMES": "changed names that wait",
    "workers.channel MAX_WAITING_BYTES": "bytes that a worker has received",
    "workers.program MAX_RELAYED": "`relayed_queries`",
    "zone.catalog MAX_MEMO": "results of look-ups",
    "zone.resources MAX_ADDRESSES": "addresses of a resource",
}
"""The row of the page that gives the value of each bound: the beginning of its first cell."""

LEFT_OUT = {
    "answering.answer": "a rule about the order of hosts in a reply",
    "api.calls.explain": "the size of one step",
    "api.calls.health_checks MAX_EVENTS_SHOWN": "of the events of a check, which the page lists",
    "api.calls.what_if MAX_DIGITS": "digits of a number",
    "cli": "what a command shows, and how it waits",
    "commands": "quotas of Route 53, and pages of its lists: docs/api.md",
    "config.file.load": "attempts, in a child process",
    "config.file.load_zones": "what a message shows",
    "config.model": "the size of a part of an index",
    "config.names": "limits of DNS",
    "config.rdata": "limits of DNS",
    "config.rules": "rules of Route 53: docs/api.md and docs/reference.md",
    "config.shapes": "rules of Route 53: docs/api.md and docs/reference.md",
    "control.outside_probes": "what a line of the log shows",
    "control.repair": "repairs of a store at the start",
    "drill": "of a rehearsal, which is a process by itself",
    "explain.known_words": "words that a message may contain",
    "explain.over_dns MAX_STRING_BYTES": "a limit of DNS",
    "explain.text": "what a text shows",
    "faults.forced_statuses MAX_PREPARED": "of calls that are being answered",
    "healthcheck.verdict.history MAX_AT_ONCE": "the size of one step",
    "files.snapshot_child": "in the text above the table of snapshots",
    "policies.multivalue": "a rule of Route 53",
    "route53.signature": "rules of AWS signatures",
    "runtime.log_limit": "in the text below the table of logs",
    "runtime.logs": "in the text below the table of logs",
    "runtime.turns": "the size of one step, in the text about the event loop",
    "server.responder": "what a line of the log shows",
    "testing": "of tests that use dnsemu, which have a process by themselves",
    "what_if.populations": "what a report shows",
    "wire.protocol": "limits of DNS",
}
"""Bounds that users do not meet, or find elsewhere, by room, module or constant; the reason."""


def bounds():
    """Yields `module MAX_NAME` of each bound of the product, with its value."""
    for module, path in MODULES.items():
        for node in tree(path).body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for target in targets:
                for name in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if isinstance(name, ast.Name) and name.id.startswith("MAX_"):
                        yield f"{module.removeprefix('dnsemu.')} {name.id}", getattr(import_module(module), name.id)


BOUNDS = dict(bounds())


def is_left_out(bound):
    module, _, _ = bound.partition(" ")
    parts = module.split(".")
    return bool({bound, *(".".join(parts[:length]) for length in range(1, len(parts) + 1))} & LEFT_OUT.keys())


def texts(value):
    """The ways in which the page may write a value."""
    if isinstance(value, RateLimit):
        return {str(value.requests)}
    if isinstance(value, timedelta):
        return {f"{value.total_seconds():g} s"}
    found = {f"{value:,}" if isinstance(value, int) else f"{value:,.0f}"}
    if value % 86_400 == 0:
        found.add(f"{value / 86_400:g} days")
    for shift, unit in ((10, "KiB"), (20, "MiB"), (30, "GiB")):
        if isinstance(value, int) and value >> shift and not value % (1 << shift):
            found.add(f"{value >> shift} {unit}")
    return found


def test_the_page_lists_every_limit_with_a_metric_once():
    assert sorted(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE)) == sorted(Limit)


def test_every_bound_is_on_the_page_or_left_out_for_a_reason():
    """A new bound gets a row in docs/limits.md and in SHOWN here; one that users never meet, a reason in LEFT_OUT."""
    assert [bound for bound in BOUNDS if bound not in SHOWN and not is_left_out(bound)] == []
    assert [bound for bound in SHOWN if bound not in BOUNDS] == []


def test_no_reason_is_left_over():
    names = {part for bound in BOUNDS if bound not in SHOWN for part in (bound, *prefixes(bound))}
    assert [left_out for left_out in LEFT_OUT if left_out not in names] == []


def prefixes(bound):
    parts = bound.partition(" ")[0].split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


@pytest.mark.parametrize("bound", SHOWN)
def test_the_page_gives_the_value_of_a_bound(bound):
    rows = [row for row in ROWS if row.startswith(f"| {SHOWN[bound]}")]
    assert rows, f"no row of docs/limits.md begins with: {SHOWN[bound]}"
    pattern = "|".join(rf"(?<![\d,]){re.escape(text)}(?![\d,]*\d)" for text in texts(BOUNDS[bound]))
    assert any(re.search(pattern, row) for row in rows), (texts(BOUNDS[bound]), rows)
