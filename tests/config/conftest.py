"""No error of a file speaks as the API does: checked for every error that a test of this folder provokes."""

import re

import pytest

from dnsemu.config.file.report import ErrorReport

JARGON = re.compile(
    r"RRSet|No changes made|FATAL|Invalid (?:parameter|Resource Record|request)|Member must|must not be null|Tried to|"
    r"ResourceRecord|SetIdentifier|AliasTarget|EvaluateTargetHealth|HostedZoneId|DNSName|CidrCollection|InvalidInput|"
    r"InvalidChangeBatch|validation error|GeoProximityLocation|Cannot find|is forbidden|must (?:not )?have"
)


def speaks_as_the_api(error):
    """True if an error's text has words of the API that no file has."""
    return JARGON.search(f"{error.message} {error.instead}")


@pytest.fixture(autouse=True)
def plain_words(monkeypatch):
    listed = ErrorReport.of_severity

    def checked(report, severity):
        errors = listed(report, severity)
        assert not [str(error) for error in errors if speaks_as_the_api(error)]
        return errors

    monkeypatch.setattr(ErrorReport, "of_severity", checked)
