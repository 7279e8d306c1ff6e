"""Examples of every command, for help texts; `shop.yaml` and its names are those of `examples/shop.yaml`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A command line to paste, and what it does in a few words."""

    does: str
    line: str


EXAMPLES: dict[str, tuple[Example, ...]] = {
    "serve": (
        Example("Serve a file; changes of the file are served as they are saved", "dnsemu serve shop.yaml"),
        Example(
            "Take free ports, and move time by hand",
            "dnsemu serve shop.yaml --dns 127.0.0.1:0 --http 127.0.0.1:0 --clock virtual",
        ),
        Example("Keep what the Route 53 API makes", "dnsemu serve --store sqlite:///dnsemu.db"),
    ),
    "run": (
        Example("Run tests in which the file's names resolve", "dnsemu run shop.yaml -- pytest"),
        Example("Fail where they would not, as in CI", "dnsemu run --require-resolver shop.yaml -- pytest"),
        Example("Open a shell, without the world's other names", "dnsemu run --no-forward shop.yaml -- bash"),
    ),
    "demo": (Example("Serve sample apps and a zone with every routing policy", "dnsemu demo"),),
    "wait": (
        Example("Ask as soon as a server is ready", "dnsemu wait --timeout 10 && dnsemu explain api.shop.test --brief"),
    ),
    "stop": (
        Example("Stop a server that was started in the background", "dnsemu stop"),
        Example("Stop all servers, such as those of tests", "dnsemu stop --all"),
    ),
    "check": (
        Example("List the errors of a file", "dnsemu check shop.yaml"),
        Example("Count what it declares, for a script", "dnsemu check shop.yaml --json"),
    ),
    "schema": (
        Example("Save the schema for an editor", "dnsemu schema > dnsemu.schema.json"),
        Example("List the fields of a record set", "dnsemu schema record_sets"),
    ),
    "explain": (
        Example("Ask a running server", "dnsemu explain api.shop.test"),
        Example("Ask as a client in Japan", "dnsemu explain near.shop.test A --place JP"),
        Example("Decide from a file, without a server", "dnsemu explain www.shop.test --file shop.yaml --brief"),
    ),
    "what-if": (
        Example("Fail every endpoint in turn, for all names", "dnsemu what-if --file shop.yaml"),
        Example("Answers before and after a failure", "dnsemu what-if api.shop.test --down web-us"),
        Example(
            "Exit with 1 if a client may get no answer",
            "dnsemu what-if --file shop.yaml --fail 2 --require no-black-hole",
        ),
    ),
    "drill": (
        Example(
            "Seconds until clients move when a Region fails", "dnsemu drill --file shop.yaml --down region:us-east-1"
        ),
        Example("Rehearse an outage, with a verdict on every expectation", "dnsemu drill drills/active-passive.yaml"),
        Example("Let CI show each expectation as a test", "dnsemu drill drills/active-*.yaml --junit drills.xml"),
    ),
    "status": (
        Example("All health checks and answers", "dnsemu status"),
        Example("One health check, with each of its checkers", "dnsemu status web-us"),
        Example("What stands behind a name", "dnsemu status www.shop.test"),
    ),
    "history": (
        Example("Every change of every status", "dnsemu history"),
        Example("One health check, as it changes", "dnsemu history web-us --follow"),
    ),
    "force": (
        Example("Fail a health check for ten minutes", "dnsemu force web-us unhealthy --for 10m"),
        Example("Fail all that fails with an address", "dnsemu force address:127.0.0.1 unhealthy"),
        Example("Follow the probes again", "dnsemu force web-us auto"),
    ),
    "clock": (
        Example("Show the emulator's time", "dnsemu clock"),
        Example("Let 90 seconds pass at once", "dnsemu clock advance 90s"),
        Example("Run ten times as fast as real time", "dnsemu clock speed 10"),
    ),
    "probe": (Example("Probe from the checkers of one Region", "dnsemu probe web-us --region us-east-1"),),
    "observe": (
        Example("Record a failed probe", "dnsemu observe web-us failure --reason 'connection refused'"),
        Example("Record a success in one Region", "dnsemu observe web-us success --region us-east-1"),
    ),
    "alarm": (Example("Raise an alarm", "dnsemu alarm high-latency ALARM --region us-east-1"),),
    "routing-control": (
        Example("Turn a routing control off, its ARN in a variable", 'dnsemu routing-control "$ARN" off'),
    ),
    "checkers": (
        Example("Show the checkers of all Regions", "dnsemu checkers"),
        Example("Cut the checkers of São Paulo off from a network", "dnsemu checkers block sa-east-1 10.1.0.0/16"),
        Example("End that", "dnsemu checkers unblock sa-east-1 10.1.0.0/16"),
    ),
    "fail": (
        Example("Refuse connections to several endpoints", "dnsemu fail 'web-*'"),
        Example("Answer with an error", "dnsemu fail web-us 'status: 503'"),
        Example("Be slow, without touching the app", "dnsemu fail web-us 'slow: 5s'"),
    ),
    "heal": (
        Example("End one failure", "dnsemu heal web-us"),
        Example("End all failures", "dnsemu heal"),
    ),
    "snapshot": (
        Example("Save what the API made", "dnsemu snapshot save snapshot.json"),
        Example("Put it back", "dnsemu snapshot load snapshot.json"),
    ),
    "reset": (
        Example("Start the next test from the files", "dnsemu reset --yes"),
        Example("Delete what the API made, keep health and time", "dnsemu reset --only api"),
    ),
    "help": (Example("Explain a command", "dnsemu help explain"),),
}
"""By the command's name; the first example is shown with usage errors too."""
