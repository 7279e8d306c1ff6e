"""Probes over TLS: names, alerts, versions, and handshakes that fail (health-checks.md §2)."""

import ssl
import subprocess
import warnings
from time import monotonic

import pytest

from tests.healthcheck.endpoints import (
    choosy,
    endpoint,
    never_answers,
    repeats,
    resets,
    response,
    sends,
    sends_then_silence,
    serving_tls,
)
from tests.healthcheck.probes.probing import LONG, probe

RESET = "Connection reset by peer."
SLACK_S = 8.0
"""Time by which a probe may be late on a busy machine."""


async def test_h144_the_tls_handshake_is_timed(self_signed):
    async with endpoint(sends(response()), tls=serving_tls(self_signed)) as server:
        outcome = await probe(server.port, "HTTPS", fully_qualified_domain_name="app.test")
    assert outcome.success
    assert outcome.phases.tls_s > 0


@pytest.mark.parametrize(("fields", "names"), [
    pytest.param({"fully_qualified_domain_name": "app.test"}, ["app.test"], id="H46 the name goes into the hello"),
    pytest.param({"fully_qualified_domain_name": "app.test", "enable_sni": False}, [None], id="H46 SNI switched off"),
    pytest.param({"ip_address": "127.0.0.1"}, [None], id="H46 no name to send"),
])  # fmt: skip
async def test_sni(self_signed, fields, names):
    async with endpoint(sends(response()), tls=serving_tls(self_signed)) as server:
        assert (await probe(server.port, "HTTPS", **fields)).success
    assert server.server_names == names


async def test_h46_a_second_alert_is_final(self_signed):
    with choosy(serving_tls(self_signed), lambda _name: ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE) as server:
        outcome = await probe(server.port, "HTTPS", fully_qualified_domain_name="app.test")
    assert not outcome.success
    assert outcome.reason == "SSL alert handshake_failure. Resolved IP: 127.0.0.1"
    assert len(server.server_names) == 2


async def test_h49_a_string_over_tls(self_signed):
    async with endpoint(sends(response(body=b"ready")), tls=serving_tls(self_signed)) as server:
        assert (await probe(server.port, "HTTPS_STR_MATCH", search_string="ready")).success


@pytest.mark.parametrize("sni", [True, False])
def test_h45_h46_with_and_without_sni(run, self_signed, sni):
    async def main():
        async with endpoint(sends(response()), tls=serving_tls(self_signed)) as server:
            fields = {"ip_address": "127.0.0.1", "fully_qualified_domain_name": "App.test.", "enable_sni": sni}
            return await probe(server.port, "HTTPS", budgets=LONG, **fields), server.server_names

    outcome, names = run(main)
    assert outcome.success
    assert names == (["App.test"] if sni else [None])  # RFC 6066 §3: no trailing dot


@pytest.mark.parametrize(("alert", "name", "tries", "reason"), [
    pytest.param(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME, "app.test", ["app.test", None], None, id="H46 once more"),
    pytest.param(ssl.ALERT_DESCRIPTION_INTERNAL_ERROR, "app.test", ["app.test", None], None, id="H46 on any alert"),
    pytest.param(ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE, None, [None], "SSL alert handshake_failure.",
                 id="H46 no second try without a name"),
])  # fmt: skip
def test_alerts(run, self_signed, alert, name, tries, reason):
    async def main():
        with choosy(serving_tls(self_signed), lambda given: alert if given == name else None) as server:
            fields = {"fully_qualified_domain_name": name} if name else {}
            return await probe(server.port, "HTTPS", budgets=LONG, **fields), server.server_names

    outcome, names = run(main)
    assert names == tries
    assert outcome.success is (reason is None)
    assert reason is None or outcome.reason == reason


def test_h114_i_a_server_that_wants_our_certificate(run, self_signed):
    """TLS 1.3 refuses after the handshake: an alert comes first, but the reset that follows may overtake it."""
    context = serving_tls(self_signed)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(self_signed)

    async def main():
        with choosy(context, lambda _: None) as server:
            return await probe(server.port, "HTTPS", budgets=LONG)

    outcome = run(main)
    assert not outcome.success
    assert outcome.reason.startswith(("SSL alert certificate_required.", "Connection reset by peer."))


@pytest.mark.parametrize(("script", "reason"), [
    pytest.param(resets, RESET, id="H114 i reset"),
    pytest.param(sends(b""), None, id="H114 i closed"),
])  # fmt: skip
def test_a_handshake_that_breaks_off(run, script, reason):
    async def main():
        async with endpoint(script, reads_request=False) as server:
            return await probe(server.port, "HTTPS", budgets=LONG)

    outcome = run(main)
    assert not outcome.success
    assert outcome.waited_s == 0
    assert reason is None or outcome.reason == reason


@pytest.mark.parametrize("script", [
    pytest.param(sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), id="H114 i plain HTTP"),
    pytest.param(repeats(b"\0" * 1000), id="H114 i zeros without an end"),
])  # fmt: skip
def test_not_tls(run, script):
    async def main():
        async with endpoint(script, reads_request=False) as server:
            return await probe(server.port, "HTTPS", budgets=LONG)

    outcome = run(main)
    assert not outcome.success
    assert outcome.reason.startswith("SSL ")
    assert outcome.reason.endswith(".")


@pytest.mark.parametrize("name", [
    pytest.param(f"{'x' * 70}.test", id="H46 a label that is too long"),
    pytest.param("a..test", id="H46 an empty label"),
])  # fmt: skip
def test_a_name_that_no_hello_can_carry(run, name):
    async def main():
        async with endpoint(never_answers, reads_request=False) as server:
            fields = {"ip_address": "127.0.0.1", "fully_qualified_domain_name": name}
            return await probe(server.port, "HTTPS", budgets=LONG, **fields), server.connections

    outcome, connections = run(main)
    assert (outcome.success, connections) == (False, 0)
    assert outcome.reason.startswith("The request cannot be made: ")


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"])
def test_h45_every_version_of_tls(run, self_signed, version):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = serving_tls(self_signed)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]

    async def main():
        async with endpoint(sends(response()), tls=context) as server:
            return await probe(server.port, "HTTPS", budgets=LONG)

    assert run(main).success


def test_h45_h181_an_expired_certificate_with_a_short_key(run, tmp_path, require_tool):
    openssl, key, request, cert = require_tool("openssl"), *(tmp_path / name for name in ("key", "request", "cert"))
    make = [openssl, "req", "-new", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=wrong.test", "-keyout", key]
    subprocess.run([*make, "-out", request], check=True, capture_output=True)
    sign = [openssl, "x509", "-req", "-in", request, "-signkey", key, "-days", "-1", "-out", cert]
    subprocess.run(sign, check=True, capture_output=True)
    ask = [openssl, "x509", "-in", cert, "-noout", "-checkend", "0"]
    expired = subprocess.run(ask, check=False, capture_output=True)
    assert expired.returncode == 1
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(cert, key)

    async def main():
        async with endpoint(sends(response()), tls=context) as server:
            return await probe(server.port, "HTTPS", budgets=LONG, fully_qualified_domain_name="app.test")

    assert run(main).success


def test_a_probe_over_tls_does_not_linger(run, self_signed):
    """The probe does not wait for the peer to end TLS."""

    async def main():
        async with endpoint(sends_then_silence(response()), tls=serving_tls(self_signed)) as server:
            began = monotonic()
            outcome = await probe(server.port, "HTTPS", budgets=LONG)
            return outcome, monotonic() - began

    outcome, took_s = run(main)
    assert outcome.success
    assert took_s < SLACK_S
