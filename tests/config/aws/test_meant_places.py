"""Habitual codes and names of places, and the place that they stand for."""

import pytest

from dnsemu.config.aws.meant_places import (
    meant_continent,
    meant_country,
    meant_place,
    meant_region,
    meant_subdivision,
)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("UK", "GB"), ("uk", "GB"), ("EL", "GR"), ("jp", "JP"), ("DEU", "DE"), ("usa", "US"), ("Germany", "DE"),
        ("england", "GB"), ("TÜRKIYE", None), ("", None), ("*", None), ("Narnia", None),
    ],
)  # fmt: skip
def test_country(text, country):
    assert meant_country(text) == country


@pytest.mark.parametrize(("text", "continent"), [("Europe", "EU"), ("eu", "EU"), ("north america", "NA"), ("X", None)])
def test_continent(text, continent):
    assert meant_continent(text) == continent


@pytest.mark.parametrize(("text", "code"), [("California", "CA"), ("ca", "CA"), ("US-CA", "CA"), ("Bavaria", None)])
def test_subdivision(text, code):
    assert meant_subdivision("US", text) == code


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("us-east1", "us-east-1"), ("US-EAST-1", "us-east-1"), ("eu_west_1", "eu-west-1"), ("us-east-1a", "us-east-1"),
        ("Frankfurt", "eu-central-1"), ("tokyo", "ap-northeast-1"), ("", None), ("mars", None),
    ],
)  # fmt: skip
def test_region(text, region):
    assert meant_region(text) == region


@pytest.mark.parametrize(
    ("text", "place"), [("UK", "GB"), ("US-California", "US-CA"), ("us-ny", "US-NY"), ("tokyo", "ap-northeast-1")]
)
def test_place(text, place):
    assert meant_place(text) == place
