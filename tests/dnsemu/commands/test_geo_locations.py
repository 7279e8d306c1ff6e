"""The places that geolocation routing knows (api.md §17)."""

import pytest

from tests.dnsemu.commands.emulation import Emulation

GET, LIST = "GetGeoLocation", "ListGeoLocations"

ALPHA_2 = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC "
    "CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD "
    "GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH "
    "KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW "
    "MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC "
    "SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY "
    "UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
"""ISO 3166-1."""

COUNTRIES = {
    "AX": "Åland", "BQ": "Bonaire", "CC": "Cocos [Keeling] Islands", "CD": "Congo", "CG": "Republic of the Congo",
    "CI": "Ivory Coast", "CV": "Cape Verde", "CZ": "Czech Republic", "FK": "Falkland Islands",
    "FM": "Federated States of Micronesia", "IO": "British Indian Ocean Territory", "JO": "Hashemite Kingdom of Jordan",
    "KP": "North Korea", "KR": "Republic of Korea", "LA": "Laos", "MD": "Republic of Moldova", "MF": "Saint Martin",
    "MK": "Macedonia", "MM": "Myanmar [Burma]", "MO": "Macao", "PN": "Pitcairn Islands", "PS": "Palestine",
    "RU": "Russia", "SH": "Saint Helena", "ST": "São Tomé and Príncipe", "SX": "Sint Maarten", "SY": "Syria",
    "SZ": "Swaziland", "TL": "East Timor", "TR": "Turkey", "UM": "U.S. Minor Outlying Islands", "VA": "Vatican City",
    "VG": "British Virgin Islands", "VI": "U.S. Virgin Islands", "VN": "Vietnam", "BN": "Brunei", "BO": "Bolivia",
    "IR": "Iran", "TW": "Taiwan", "TZ": "Tanzania", "VE": "Venezuela", "BL": "Saint Barthélemy", "CW": "Curaçao",
    "RE": "Réunion", "GB": "United Kingdom", "US": "United States",
}  # fmt: skip

OBLASTS = {
    "05": "Vinnytska", "07": "Volynska", "09": "Luhanska", "12": "Dnipropetrovska", "14": "Donetska",
    "18": "Zhytomyrska", "21": "Zakarpatska", "23": "Zaporizka", "26": "Ivano-Frankivska", "32": "Kyivska",
    "35": "Kirovohradska", "46": "Lvivska", "48": "Mykolaivska", "51": "Odeska", "53": "Poltavska", "56": "Rivnenska",
    "59": "Sumska", "61": "Ternopilska", "63": "Kharkivska", "65": "Khersonska", "68": "Khmelnytska", "71": "Cherkaska",
    "74": "Chernihivska", "77": "Chernivetska",
}  # fmt: skip

STATES = (
    "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR PA "
    "RI SC SD TN TX UT VA VT WA WI WV WY"
)

CONTINENTS = {
    "AF": "Africa", "AN": "Antarctica", "AS": "Asia", "EU": "Europe", "NA": "North America", "OC": "Oceania",
    "SA": "South America",
}  # fmt: skip


def listed(**start):
    return Emulation().call(LIST, **start)


@pytest.fixture
def everything():
    response = listed()
    assert response["IsTruncated"] is False
    assert response["MaxItems"] == "500"
    return response.pop("GeoLocationDetailsList")


def test_a330_the_first_page_holds_everything(everything):
    assert len(everything) == 1 + 246 + 27 + 51 + 7
    assert {tuple(row) for row in everything} == {
        ("CountryCode", "CountryName"),
        ("CountryCode", "CountryName", "SubdivisionCode", "SubdivisionName"),
        ("ContinentCode", "ContinentName"),
    }
    assert not [name for name in listed() if name.startswith("Next")]


def test_a331_default_then_countries_each_with_its_subdivisions_then_continents(everything):
    codes = [(row.get("ContinentCode"), row.get("CountryCode"), row.get("SubdivisionCode")) for row in everything]
    countries = [code for code in codes if code[0] is None]
    assert everything[0] == {"CountryCode": "*", "CountryName": "Default"}
    assert codes == countries + [(continent, None, None) for continent in sorted(CONTINENTS)]
    assert countries == sorted(countries, key=lambda code: (code[1], code[2] or ""))


def test_a332_iso_countries_but_four_and_kosovo(everything):
    countries = {row["CountryCode"] for row in everything if "CountryCode" in row} - {"*"}
    assert len(ALPHA_2.split()) == 249
    assert countries == {*ALPHA_2.split(), "XK"} - {"BV", "CX", "EH", "HM"}


def test_a332_only_the_united_states_and_ukraine_have_subdivisions(everything):
    found = [(row["CountryCode"], row["SubdivisionCode"]) for row in everything if "SubdivisionCode" in row]
    oblasts = sorted({*OBLASTS, "11", "20", "30"})
    assert found == [*(("UA", code) for code in oblasts), *(("US", code) for code in STATES.split())]


@pytest.mark.parametrize(("code", "name"), COUNTRIES.items())
def test_a335_names_of_countries(code, name):
    found = Emulation().call(GET, CountryCode=code)
    assert found == {"GeoLocationDetails": {"CountryCode": code, "CountryName": name}}


@pytest.mark.parametrize(("code", "name"), [
    *((code, f"{name} oblast") for code, name in OBLASTS.items()),
    ("11", "Crimea"),
    ("20", "Sevastopol"),
    ("30", "Kyiv"),
])  # fmt: skip
def test_a336_names_of_oblasts(code, name):
    assert Emulation().call(GET, CountryCode="UA", SubdivisionCode=code) == {
        "GeoLocationDetails": {
            "CountryCode": "UA", "CountryName": "Ukraine", "SubdivisionCode": code, "SubdivisionName": name,
        }
    }  # fmt: skip


@pytest.mark.parametrize(("code", "name"), CONTINENTS.items())
def test_a334_names_of_continents(code, name):
    found = Emulation().call(GET, ContinentCode=code)
    assert found == {"GeoLocationDetails": {"ContinentCode": code, "ContinentName": name}}


def test_a333_an_asterisk_is_the_default():
    found = Emulation().call(GET, CountryCode="*")
    assert found == {"GeoLocationDetails": {"CountryCode": "*", "CountryName": "Default"}}


@pytest.mark.parametrize("asked", [
    pytest.param({}, id="A333 nothing"),
    pytest.param({"CountryCode": "BV"}, id="A332 A333 Bouvet Island"),
    pytest.param({"CountryCode": "CA", "SubdivisionCode": "ON"}, id="A332 A333 a province of Canada"),
    pytest.param({"CountryCode": "US", "SubdivisionCode": "PR"}, id="A332 A333 a territory"),
    pytest.param({"CountryCode": "jp"}, id="A333 small letters"),
    pytest.param({"CountryCode": "EU"}, id="A333 a continent as country"),
    pytest.param({"ContinentCode": "JP"}, id="A333 a country as continent"),
    pytest.param({"ContinentCode": "AS", "CountryCode": "JP"}, id="A333 a country and its continent"),
    pytest.param({"ContinentCode": "NA", "SubdivisionCode": "CA"}, id="A333 a state and its continent"),
    pytest.param({"SubdivisionCode": "CA"}, id="A333 a state alone"),
])  # fmt: skip
def test_places_that_are_not_known(asked):
    assert Emulation().refused(GET, **asked).code == "NoSuchGeoLocation"


@pytest.mark.parametrize(("start", "first"), [
    pytest.param({"StartCountryCode": "JP"}, {"CountryCode": "JP", "CountryName": "Japan"}, id="A331 a country, itself included"),
    pytest.param({"StartCountryCode": "BV"}, {"CountryCode": "BW", "CountryName": "Botswana"}, id="A191 one that is not known: the next"),
    pytest.param({"StartCountryCode": "ZZ"}, {"ContinentCode": "AF", "ContinentName": "Africa"}, id="A331 after the last country come the continents"),
    pytest.param({"StartCountryCode": "US", "StartSubdivisionCode": "NY"}, {"CountryCode": "US", "CountryName": "United States", "SubdivisionCode": "NY", "SubdivisionName": "New York"}, id="A331 a subdivision, itself included"),
    pytest.param({"StartContinentCode": "OC"}, {"ContinentCode": "OC", "ContinentName": "Oceania"}, id="A331 a continent, itself included"),
])  # fmt: skip
def test_where_a_page_starts(start, first):
    assert listed(**start)["GeoLocationDetailsList"][0] == first


def test_a_start_after_the_last_place_gives_an_empty_page():
    assert listed(StartContinentCode="ZZ") == {"GeoLocationDetailsList": [], "IsTruncated": False, "MaxItems": "500"}


@pytest.mark.parametrize("start", [
    pytest.param({"StartSubdivisionCode": "NY"}, id="A331 a subdivision without country"),
    pytest.param({"StartCountryCode": "CA", "StartSubdivisionCode": "ON"}, id="A331 a subdivision of another country"),
    pytest.param({"StartContinentCode": "AS", "StartCountryCode": "JP"}, id="a continent and a country"),
    pytest.param({"StartContinentCode": "NA", "StartSubdivisionCode": "NY"}, id="a continent and a subdivision"),
])  # fmt: skip
def test_starts_that_are_refused(start):
    error = Emulation().refused(LIST, **start)
    assert error.code == "InvalidInput"
    assert any(member in error.message for member in start), "a message names the API's members"


@pytest.mark.parametrize(("size", "shown"), [("1", "1"), ("7", "7"), ("100", "100"), ("5000", "500")])
def test_a191_a192_pages_hang_together(everything, size, shown):
    found, start = [], {}
    while True:
        response = listed(MaxItems=size, **start)
        assert response["MaxItems"] == shown
        found += response["GeoLocationDetailsList"]
        start = {name.replace("Next", "Start"): code for name, code in response.items() if name.startswith("Next")}
        assert response["IsTruncated"] is bool(start)
        if not start:
            break
    assert found == everything
