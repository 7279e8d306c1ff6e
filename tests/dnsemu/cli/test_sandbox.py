"""The resolver and the variables of `dnsemu run`'s command, apart from processes and namespaces."""

import errno

import pytest

from dnsemu.cli.sandbox import loopback, namespaces
from dnsemu.cli.sandbox.environment import command_environment
from dnsemu.cli.sandbox.resolver_files import name_servers, nsswitch_with_dns, resolv_conf_with
from dnsemu.config.text.addresses import Address

HTTP, DNS = "127.0.0.1:8053", "127.53.0.1:53"


@pytest.mark.parametrize(
    ("original", "written"),
    [
        pytest.param("", [], id="an empty file"),
        pytest.param("nameserver 192.0.2.53\n", [], id="its name servers go"),
        pytest.param("search a.test b.test\n", ["search a.test b.test"], id="its search list stays"),
        pytest.param("options ndots:5 # many\n", ["options ndots:5"], id="its options stay"),
        pytest.param("domain a.test ; old\nsortlist 10.0.0.0\n", ["domain a.test"], id="comments and the rest go"),
    ],
)
def test_resolv_conf_names_one_server(original, written):
    lines = resolv_conf_with("127.53.0.1", original).splitlines()
    assert lines == ["# written by dnsemu run", "nameserver 127.53.0.1", *written]


@pytest.mark.parametrize(
    ("original", "servers"),
    [
        pytest.param("", [], id="none"),
        pytest.param("nameserver 192.0.2.1\nnameserver\t2001:db8::1\n", ["192.0.2.1", "2001:db8::1"], id="two"),
        pytest.param("#nameserver 192.0.2.1\n;nameserver 192.0.2.2\n", [], id="comments"),
        pytest.param("nameserver fe80::1%eth0\nnameserver x\nnameserver\n", [], id="scopes and errors"),
        pytest.param("".join(f"nameserver 192.0.2.{n}\n" for n in range(5)), ["192.0.2.0", "192.0.2.1", "192.0.2.2"], id="three"),
    ],
)  # fmt: skip
def test_name_servers_are_those_that_the_c_library_asks(original, servers):
    assert name_servers(original) == tuple(Address(server, 53) for server in servers)


@pytest.mark.parametrize(
    ("original", "written"),
    [
        pytest.param("", "hosts: files dns\n", id="an empty file"),
        pytest.param("passwd: files\nhosts: files dns\n", "passwd: files\nhosts: files dns\n", id="nothing to do"),
        pytest.param(
            "hosts: mymachines resolve [!UNAVAIL=return] files dns\nrpc: db\n", "hosts: files dns\nrpc: db\n",
            id="a resolver that is asked over D-Bus",
        ),
        pytest.param("hosts: files mdns4_minimal [NOTFOUND=return] dns\n", "hosts: files dns\n", id="multicast DNS"),
        pytest.param("hosts: files myhostname dns\n", "hosts: files dns myhostname\n", id="the host's own name stays"),
        pytest.param("hosts: files dns # myhostname\n", "hosts: files dns\n", id="a comment"),
        pytest.param("passwd: files", "passwd: files\nhosts: files dns\n", id="no line for hosts"),
    ],
)  # fmt: skip
def test_host_names_are_looked_up_in_dns(original, written):
    assert nsswitch_with_dns(original) == written


CREDENTIALS = {"AWS_ACCESS_KEY_ID": "dnsemu", "AWS_SECRET_ACCESS_KEY": "dnsemu"}
REGION = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.mark.parametrize(
    ("around", "added"),
    [
        pytest.param({}, CREDENTIALS | REGION, id="nothing is set"),
        pytest.param({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}, REGION, id="credentials stay"),
        pytest.param({"AWS_DEFAULT_REGION": "eu-west-1"}, CREDENTIALS, id="a Region stays"),
        pytest.param({"AWS_PROFILE": "work"}, {}, id="a profile has both"),
        pytest.param({"AWS_WEB_IDENTITY_TOKEN_FILE": "/token"}, REGION, id="a token gives credentials"),
    ],
)
def test_an_aws_client_has_a_region_and_credentials(around, added, tmp_path):
    around = {"HOME": str(tmp_path), **around}
    addresses = {"DNSEMU_SERVER": f"http://{HTTP}", "DNSEMU_DNS": DNS, "AWS_ENDPOINT_URL_ROUTE_53": f"http://{HTTP}"}
    assert command_environment(around, HTTP, DNS) == around | addresses | added


@pytest.mark.parametrize(
    ("around", "past"),
    [
        pytest.param({}, None, id="no proxy"),
        pytest.param({"HTTP_PROXY": "http://192.0.2.8"}, "127.0.0.1", id="a proxy"),
        pytest.param({"http_proxy": "http://192.0.2.8", "no_proxy": ".test"}, ".test,127.0.0.1", id="a proxy with exceptions"),
    ],
)  # fmt: skip
def test_the_server_is_reached_past_a_proxy(around, past):
    assert command_environment(around, HTTP, DNS).get("no_proxy") == past


def test_credentials_in_a_file_are_used(tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").touch()
    found = command_environment({"HOME": str(tmp_path)}, HTTP, DNS)
    assert "AWS_ACCESS_KEY_ID" not in found
    assert found["AWS_REGION"] == "us-east-1"


@pytest.mark.parametrize(
    ("number", "message"),
    [
        pytest.param(errno.EACCES, "sudo sysctl net.ipv4.ip_unprivileged_port_start=53", id="no permission"),
        pytest.param(errno.EADDRINUSE, "another program listens on port 53 of all addresses", id="in use everywhere"),
        pytest.param(errno.EADDRNOTAVAIL, "cannot be listened on", id="no such address, as on macOS"),
    ],
)
def test_port_53_is_refused_with_the_reason(number, message, monkeypatch):
    def refused(*_):
        raise OSError(number, "…")

    monkeypatch.setattr(loopback, "_bind", refused)
    with pytest.raises(loopback.PortRefused, match=message):
        loopback.address_with_free_port()


def test_namespaces_need_linux(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(namespaces.NamespaceRefused, match="needs Linux"):
        namespaces.try_to_show_files({})
