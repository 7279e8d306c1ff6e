"""The DNS-01 flow of certbot-dns-route53, run by its authenticator."""

import os
import subprocess
import sys

from tests.e2e.asking import served
from tests.e2e.aws import environment, new_zone

FLOW = """
import sys
from types import SimpleNamespace
import josepy
from acme import challenges, messages
from certbot.achallenges import KeyAuthorizationAnnotatedChallenge
from certbot_dns_route53._internal.dns_route53 import Authenticator
from cryptography.hazmat.primitives.asymmetric import rsa

key = josepy.JWKRSA(key=rsa.generate_private_key(65537, 2048))

def challenge(token):
    body = messages.ChallengeBody(chall=challenges.DNS01(token=token * 32), uri="https://acme.test/1")
    identifier = messages.Identifier(typ=messages.IDENTIFIER_FQDN, value="shop.certbot.test")
    return KeyAuthorizationAnnotatedChallenge(challb=body, identifier=identifier, account_key=key)

asked = [challenge(b"a"), challenge(b"b")]
authenticator = Authenticator(SimpleNamespace(), "dns-route53")
authenticator.prepare()
authenticator.perform(asked)
print(*(one.validation(one.account_key) for one in asked), flush=True)
sys.stdin.readline()
authenticator.cleanup(asked[:1])
print("cleaned up one", flush=True)
sys.stdin.readline()
authenticator.cleanup(asked[1:])
"""


def test_a374_certbot_proves_a_name_and_its_wildcard_at_once(api, boto, require_module):
    """Both challenges are at one name. A private zone of that name, and the zone above it, are not used."""
    require_module("certbot_dns_route53")
    zone = new_zone(boto, "certbot.test")
    new_zone(boto, "shop.certbot.test", VPC={"VPCRegion": "us-east-1", "VPCId": "vpc-certbot"})
    name = "_acme-challenge.shop.certbot.test"
    env = {**os.environ, **environment(api)}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", FLOW], stdin=pipe, stdout=pipe, text=True, env=env) as flow:
        validations = flow.stdout.readline().split()
        assert len(validations) == 2
        assert served(api.dns, name, "TXT") == sorted(f'"{one}"' for one in validations)
        print(file=flow.stdin, flush=True)
        assert flow.stdout.readline() == "cleaned up one\n"
        assert served(api.dns, name, "TXT") == [f'"{validations[1]}"']
        flow.communicate("\n", timeout=30)
    assert flow.returncode == 0
    assert served(api.dns, name, "TXT") == ["NXDOMAIN"]
    assert boto.get_hosted_zone(Id=zone)["HostedZone"]["ResourceRecordSetCount"] == 2
