"""Parsing of requests: tolerant of spelling, strict with hostile documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.commands.errors.kinds import ApiError
from dnsemu.route53 import parsing
from dnsemu.route53.model import service
from dnsemu.route53.xml_document import MAX_DEPTH

NS = "https://route53.amazonaws.com/doc/2013-04-01/"


def parse(operation, body=b"", path=None, query=None, **options):
    body = body.encode() if isinstance(body, str) else body
    return parsing.parse(service().operations[operation], path or {}, query or {}, {}, body, **options)


def create_zone(inside, attributes="", prolog=""):
    return f"{prolog}<CreateHostedZoneRequest{attributes}>{inside}</CreateHostedZoneRequest>"


def error(operation, body, **options):
    with pytest.raises(ApiError) as refused:
        parse(operation, body, **options)
    return refused.value.code, refused.value.message


def test_a_change_batch():
    body = f"""<?xml version="1.0"?><ChangeResourceRecordSetsRequest xmlns="{NS}"><ChangeBatch><Comment>c</Comment><Changes><Change>
        <Action>UPSERT</Action><ResourceRecordSet><Name>www.example.test</Name><Type>A</Type><SetIdentifier>blue</SetIdentifier>
        <Weight>10</Weight><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>
        </ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"""
    record_set = {"Name": "www.example.test", "Type": "A", "SetIdentifier": "blue", "Weight": 10, "TTL": 60}
    record_set["ResourceRecords"] = [{"Value": "192.0.2.1"}]
    batch = {"Comment": "c", "Changes": [{"Action": "UPSERT", "ResourceRecordSet": record_set}]}
    assert parse("ChangeResourceRecordSets", body, {"Id": "Z1"}) == {"HostedZoneId": "Z1", "ChangeBatch": batch}


@pytest.mark.parametrize("body", [
    pytest.param(create_zone("<CallerReference>r</CallerReference><Name>a</Name>"), id="A5 any order"),
    pytest.param(create_zone("\n <Name>a</Name>\t<CallerReference>r</CallerReference>\r\n"), id="A5 white space between elements"),
    pytest.param(create_zone("<!-- x --><Name>a<!-- y --></Name><?pi z?><CallerReference>r</CallerReference>"), id="A5 comments and instructions"),
    pytest.param(create_zone("<Name><![CDATA[a]]></Name><CallerReference>&#114;</CallerReference>"), id="A5 CDATA and references"),
    pytest.param(create_zone("<Name>a</Name><CallerReference>r</CallerReference>", f' xmlns="{NS}"'), id="A4 in the namespace"),
    pytest.param(create_zone("<Name>a</Name><CallerReference>r</CallerReference>"), id="A25 in none"),
    pytest.param(create_zone("<Name>a</Name><CallerReference>r</CallerReference>", ' xmlns="urn:other space"'), id="A25 in another"),
    pytest.param(create_zone("<Name>a</Name><CallerReference>r</CallerReference>", ' xmlns="urn:a&#10;b"'), id="A25 in one with a line break"),
    pytest.param(create_zone("<p:Name xmlns:p='urn:x' p:a=''>a</p:Name><CallerReference xml:lang='en'>r</CallerReference>"), id="A25 with a prefix of one element"),
    pytest.param(
        f'<p:CreateHostedZoneRequest xmlns:p="{NS}"><p:Name>a</p:Name><p:CallerReference>r</p:CallerReference></p:CreateHostedZoneRequest>',
        id="A25 with prefixes",
    ),
    *(
        pytest.param(
            create_zone("<Name>a</Name><CallerReference>r</CallerReference>", prolog=f'<?xml version="1.0" encoding="{encoding}"?>').encode(encoding),
            id=f"A5 in {encoding}",
        )
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "us-ascii", "windows-1252", "koi8-r")
    ),
])  # fmt: skip
def test_spellings_of_one_request(body):
    # `utf-8-sig` is Python's name for UTF-8 with a byte order mark.
    body = body.replace(b"utf-8-sig", b"utf-8") if isinstance(body, bytes) else body
    assert parse("CreateHostedZone", body) == {"Name": "a", "CallerReference": "r"}


def test_a5_text_in_a_declared_encoding():
    body = create_zone("<Name>é</Name>", prolog='<?xml version="1.0" encoding="ISO-8859-1"?>').encode("latin-1")
    assert parse("CreateHostedZone", body) == {"Name": "é"}


@pytest.mark.parametrize(("operation", "inside", "expected"), [
    pytest.param("UpdateHostedZoneComment", "", {}, id="absent"),
    pytest.param("UpdateHostedZoneComment", "<Comment/>", {"Comment": ""}, id="an empty string is not absent"),
    pytest.param("UpdateHealthCheck", "<ResourcePath></ResourcePath>", {"ResourcePath": ""}, id="an empty path"),
    pytest.param("UpdateHealthCheck", "<Regions/>", {"Regions": []}, id="an empty list is not absent"),
    pytest.param("UpdateHealthCheck", "<Regions>\n</Regions>", {"Regions": []}, id="white space is an empty list"),
    pytest.param("UpdateHealthCheck", "<AlarmIdentifier/>", {"AlarmIdentifier": {}}, id="an empty structure"),
    pytest.param("UpdateHealthCheck", "<Inverted>true</Inverted><Disabled>0</Disabled>", {"Inverted": True, "Disabled": False}, id="booleans"),
    pytest.param("UpdateHealthCheck", "<Port> 80\n</Port><HealthThreshold>0</HealthThreshold>", {"Port": 80, "HealthThreshold": 0}, id="integers"),
    pytest.param("UpdateHostedZoneComment", "<Comment> a\n&amp;&lt;&quot; </Comment>", {"Comment": ' a\n&<" '}, id="text as written"),
    pytest.param("ListTagsForResources", "<ResourceIds><ResourceId>Z1</ResourceId><ResourceId>Z2</ResourceId></ResourceIds>", {"ResourceIds": ["Z1", "Z2"]}, id="A6 ids in a list"),
    pytest.param("CreateReusableDelegationSet", "<HostedZoneId>/hostedzone/Z1</HostedZoneId>", {"HostedZoneId": "/hostedzone/Z1"}, id="A46 the validator sees an id as it was sent"),
    pytest.param(
        "ChangeCidrCollection", "<Changes><member><CidrList><Cidr>a</Cidr><member>b</member></CidrList></member></Changes>",
        {"Changes": [{"CidrList": ["a", "b"]}]}, id="A6 a CidrList takes member, too",
    ),
])  # fmt: skip
def test_values(operation, inside, expected):
    assert parse(operation, f"<{operation}Request>{inside}</{operation}Request>") == expected


def test_an_alias_target():
    target = (
        "<AliasTarget><HostedZoneId>Z2</HostedZoneId><EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>"
    )
    change = f"<Changes><Change><ResourceRecordSet>{target}</ResourceRecordSet></Change></Changes>"
    request = parse(
        "ChangeResourceRecordSets",
        f"<ChangeResourceRecordSetsRequest><ChangeBatch>{change}</ChangeBatch></ChangeResourceRecordSetsRequest>",
    )
    read = request["ChangeBatch"]["Changes"][0]["ResourceRecordSet"]["AliasTarget"]
    assert read == {"HostedZoneId": "Z2", "EvaluateTargetHealth": False}


@pytest.mark.parametrize(("operation", "path", "query", "expected"), [
    pytest.param("ListHostedZones", {}, {"marker": "", "maxitems": "5", "X-Amz-Signature": "x", "x-id": "y"}, {"Marker": "", "MaxItems": "5"}, id="A5 a signature's parameters"),
    pytest.param("ListTrafficPolicyInstancesByPolicy", {}, {"id": "u", "version": "3"}, {"TrafficPolicyId": "u", "TrafficPolicyVersion": 3}, id="a number"),
    pytest.param("ListHostedZones", {}, {"delegationsetid": "/delegationset/N1"}, {"DelegationSetId": "/delegationset/N1"}, id="an id in the query"),
    pytest.param("DeleteCidrCollection", {"CidrCollectionId": "u"}, {}, {"Id": "u"}, id="named by the model"),
])  # fmt: skip
def test_parameters(operation, path, query, expected):
    assert parse(operation, b"", path, query) == expected


@pytest.mark.parametrize("body", ["not xml", " ", "<EnableHostedZoneDNSSECRequest/>", "<a>text</a>"])
def test_a4_operations_without_a_body_ignore_one_that_asks_for_nothing(body):
    assert parse("EnableHostedZoneDNSSEC", body, {"Id": "Z1"}) == {"HostedZoneId": "Z1"}


def content(name, *expected):
    names = ", ".join(f'"{NS}":{one}' for one in expected)
    choice = f"One of '{{{names}}}' is expected." if expected else "No child element is expected at this point."
    rule = "a" if expected else "d"
    return f"cvc-complex-type.2.4.{rule}: Invalid content was found starting with element '{name}'. {choice}"


def text_in(name):
    return (
        f"cvc-complex-type.2.3: Element '{name}' cannot have character [children], because the type's content type is "
        "element-only."
    )


def elements_in(name):
    return f"cvc-type.3.1.2: Element '{name}' is a simple type, so it must have no element information item [children]."


@pytest.mark.parametrize(("operation", "inside", "detail"), [
    pytest.param("CreateHostedZone", "<Name>a</Name><CallerReference>r</CallerReference><New/>", content("New", "VPC", "HostedZoneConfig", "DelegationSetId", "EnablePublicDNSFallback", "ChangeGuardrails"), id="A5 an unknown element"),
    pytest.param("CreateHostedZone", "<name>a</name>", content("name", "Name", "VPC", "CallerReference", "HostedZoneConfig", "DelegationSetId", "EnablePublicDNSFallback", "ChangeGuardrails"), id="A5 in lower case"),
    pytest.param("UpdateHostedZoneTier", "<DryRun>true</DryRun><HostedZoneTier>ADVANCED</HostedZoneTier><New/>", content("New"), id="A5 no more room"),
    pytest.param("ChangeResourceRecordSets", "<HostedZoneId>Z1</HostedZoneId>", content("HostedZoneId", "ChangeBatch"), id="A5 a member of the path"),
    pytest.param("ChangeTagsForResource", "<RemoveTagKeys><Key>a</Key><member>b</member></RemoveTagKeys>", content("member", "Key"), id="A5 A6 only a CidrList takes member"),
    pytest.param("ChangeCidrCollection", "<Changes><member><CidrList><other>c</other></CidrList></member></Changes>", content("other", "Cidr"), id="A5 A6 and nothing else"),
    pytest.param("ChangeResourceRecordSets", "<ChangeBatch><Changes><Change><ResourceRecordSet><AliasTarget><New/></AliasTarget></ResourceRecordSet></Change></Changes></ChangeBatch>", content("New", "HostedZoneId", "DNSName", "EvaluateTargetHealth"), id="A5 deep inside"),
    pytest.param("CreateHealthCheck", "<HealthCheckConfig><Regions>us-east-1</Regions></HealthCheckConfig>", text_in("Regions"), id="A5 text in a list"),
    pytest.param("CreateHealthCheck", "<HealthCheckConfig>TCP</HealthCheckConfig>", text_in("HealthCheckConfig"), id="A5 text in a structure"),
    pytest.param("CreateHostedZone", "<Name>a<b>c</b></Name>", elements_in("Name"), id="A5 an element in a text"),
    pytest.param("CreateHealthCheck", "<HealthCheckConfig><Port><b>1</b></Port></HealthCheckConfig>", elements_in("Port"), id="A5 an element in a number"),
    pytest.param("EnableHostedZoneDNSSEC", "<DryRun>true</DryRun>", content("DryRun"), id="A5 A4 a member of an operation without a body"),
    pytest.param("GetHostedZone", "<a/>", content("a"), id="A5 A4 a member of a read"),
])  # fmt: skip
def test_what_the_model_does_not_know_is_refused_by_name(operation, inside, detail):
    code, message = error(operation, f"<{operation}Request>{inside}</{operation}Request>")
    assert code == "InvalidInput"
    assert message == (
        "Invalid XML ; javax.xml.stream.XMLStreamException: org.xml.sax.SAXParseException; lineNumber: 1; columnNumber: 1; "
        f"{detail}"
    )


@pytest.mark.parametrize(("operation", "query", "message"), [
    pytest.param("ListHostedZones", {"maxitems": "5", "dryrun": "true"}, "Unknown query parameter 'dryrun': ListHostedZones takes marker, maxitems, delegationsetid, hostedzonetype.", id="A5 an unknown parameter"),
    pytest.param("ListHostedZones", {"MaxItems": "5"}, "Unknown query parameter 'MaxItems': ListHostedZones takes marker, maxitems, delegationsetid, hostedzonetype.", id="A5 the SDK's spelling"),
    pytest.param("DeleteHostedZone", {"force": ""}, "Unknown query parameter 'force': DeleteHostedZone takes none.", id="A5 an operation without parameters"),
])  # fmt: skip
def test_unknown_parameters_are_refused_by_name(operation, query, message):
    assert error(operation, b"", query=query) == ("InvalidInput", message)


@pytest.mark.parametrize(("body", "code", "message"), [
    pytest.param("<CreateHostedZoneRequest><Name>a</Name>", "MalformedInput", "Could not parse XML", id="A24 truncated"),
    pytest.param('{"Name": "a"}', "MalformedInput", "Could not parse XML", id="A24 JSON"),
    pytest.param(" ", "MalformedInput", "Could not parse XML", id="A24 a space"),
    pytest.param(create_zone("<Name>a&b</Name>"), "MalformedInput", "Could not parse XML", id="A24 a bare ampersand"),
    pytest.param(create_zone("<Name>&nbsp;</Name>"), "MalformedInput", "Could not parse XML", id="A24 an undeclared entity"),
    pytest.param(create_zone("<p:Name>a</p:Name>"), "MalformedInput", "Could not parse XML", id="A24 an undeclared prefix"),
    pytest.param("<CreateZone/>", "MalformedInput", "CreateZone is not valid, expected CreateHostedZoneRequest", id="A24 A430 a wrong root element"),
    pytest.param(create_zone("<Name>a</Name><Name>b</Name>"), "InvalidInput", None, id="one name twice"),
    pytest.param(create_zone("<HostedZoneConfig><PrivateZone>yes</PrivateZone></HostedZoneConfig>"), "InvalidInput", None, id="A26 no boolean"),
])  # fmt: skip
def test_refusals(body, code, message):
    refused = error("CreateHostedZone", body)
    assert refused[0] == code
    assert message in (None, refused[1])


@pytest.mark.parametrize("text", ["", "x", "1.5", "1_0", "٣", "9" * 5000, "0x10", "1e3"])
def test_a26_no_integer(text):
    code, message = error(
        "UpdateHealthCheck", f"<UpdateHealthCheckRequest><Port>{text}</Port></UpdateHealthCheckRequest>"
    )
    assert code == "InvalidInput"
    assert message == (
        "Invalid XML ; javax.xml.stream.XMLStreamException: org.xml.sax.SAXParseException; lineNumber: 1; columnNumber: 1; "
        f"cvc-datatype-valid.1.2.1: '{text}' is not a valid value for 'integer'."
    )


def test_a27_no_number_in_the_query():
    code, message = error("ListTrafficPolicyInstancesByPolicy", b"", query={"version": "x"})
    assert code == "InvalidInput"
    assert message.startswith(
        "1 validation error detected: Value 'x' at 'trafficPolicyVersion' failed to satisfy constraint: "
    )


@pytest.mark.parametrize("attributes", ["", ' xmlns="urn:x"'])
def test_a25_strictly_the_namespace_counts(attributes):
    text = "Invalid XML ; cvc-elt.1: Cannot find the declaration of element 'CreateHostedZoneRequest'."
    assert error("CreateHostedZone", create_zone("<Name>a</Name>", attributes), strict=True) == ("InvalidInput", text)
    assert parse("CreateHostedZone", create_zone("<Name>a</Name>", f' xmlns="{NS}"'), strict=True) == {"Name": "a"}


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
VALID = create_zone("<Name>a</Name>").encode()


@pytest.mark.parametrize("body", [
    pytest.param(create_zone("<Name>&l9;</Name>", prolog=f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'), id="a billion laughs"),
    pytest.param(create_zone("<Name>&x;</Name>", prolog='<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), id="an external entity"),
    pytest.param(create_zone("<Name>&x;</Name>", prolog='<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">'), id="an external document type"),
    pytest.param(create_zone("", prolog='<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'), id="a parameter entity"),
    pytest.param(create_zone("<Name>a</Name>", ' xmlns:p=""'), id="a prefix without a namespace"),
    pytest.param(create_zone("<Name>a</Name>", ' p:x=""'), id="an attribute with an undeclared prefix"),
    pytest.param(create_zone("<Name xmlns:p='urn:x'>a</Name><p:VPC/>"), id="a prefix declared elsewhere"),
    *(pytest.param(create_zone(f"<{name}/>", ' xmlns:p="urn:x"'), id=f"a name {name}") for name in ("p:", ":Name", "p:p:Name")),
    pytest.param("<a>" * 100_000, id="deep nesting"),
    pytest.param("<CreateHostedZoneRequest>" + "<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH + "</CreateHostedZoneRequest>", id="one level too deep"),
    pytest.param(b"<CreateHostedZoneRequest><Name>\xff\xfe</Name></CreateHostedZoneRequest>", id="invalid UTF-8"),
    pytest.param(b"<CreateHostedZoneRequest><Name>\x00</Name></CreateHostedZoneRequest>", id="NUL"),
    pytest.param(create_zone("<Name>&#1;</Name>"), id="a reference to a control character"),
    pytest.param(create_zone("<Name>&#xD800;</Name>"), id="a reference to half a character"),
    pytest.param(b"\xff\xfe" + VALID, id="a byte order mark that lies"),
    pytest.param(VALID.decode().encode("utf-16-le")[:-3], id="UTF-16, truncated"),
    *(pytest.param(b'<?xml version="1.0" encoding="%s"?>' % e + VALID, id=f"encoded in {e[:20]!r}") for e in (b"no-such", b"rot13", b"hex", b"zip", b"idna", b"undefined", b"unicode_escape", b"..", b"shift_jis", b"utf-16", b"x" * 10_000)),
    pytest.param(VALID + VALID, id="two roots"),
    pytest.param(VALID + b"\x00", id="something behind"),
])  # fmt: skip
def test_hostile_documents_are_malformed(body):
    code, message = error("CreateHostedZone", body)
    assert code == "MalformedInput"
    assert message.startswith("Could not parse XML")


def attempt(body):
    """Returns the parsed change batch, or the code of the error."""
    try:
        return parse("ChangeResourceRecordSets", body)
    except ApiError as refused:
        return refused.code


@given(st.binary())
def test_any_bytes_are_read_or_refused(body):
    assert attempt(body) in ({}, "MalformedInput")


PIECES = (
    *(
        "<ChangeBatch>",
        "</ChangeBatch>",
        "<Changes>",
        "</Changes>",
        "<Change>",
        "</Change>",
        "<TTL>",
        "</TTL>",
        "<Changes/>",
    ),
    *("1", "&amp;", "&x;", "<!--", "-->", "<![CDATA[", "]]>", "<?a?>", "\x00", "é", "</", ">", " ", "<a b='c'/>"),
)


@given(st.lists(st.sampled_from(PIECES)))
def test_any_pieces_are_read_or_refused(pieces):
    read = attempt(f"<ChangeResourceRecordSetsRequest>{''.join(pieces)}</ChangeResourceRecordSetsRequest>")
    assert read in ("MalformedInput", "InvalidInput") or read.keys() <= {"ChangeBatch"}
