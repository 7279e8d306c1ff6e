"""Random mutations of bytes and of data, for fuzzing."""

AWKWARD_TEXTS = (
    *(
        b"-1",
        b"1e999",
        b"9" * 400,
        b"NaN",
        b".inf",
        b"null",
        b"~",
        b"true",
        b"*a",
        b"&a ",
        b"<<: *a",
        b"!!set ",
        b"? ",
        b"- ",
    ),
    *(
        b"[",
        b"]",
        b"{",
        b"}",
        b'"',
        b"'",
        b":",
        b",",
        b"\n",
        b"\r\n",
        b"\t",
        b" " * 9,
        b"#",
        b"|\n",
        b"%",
        b"\\",
        b"..",
        b".",
    ),
    *(b"<", b">", b"&amp;", b"&#0;", b"<!--", b"]]>", b"\0", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"*.", b"x" * 300),
)
AWKWARD_VALUES = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 0.5, -0.0, 1e308, float("inf"), float("nan")),
    *(
        "",
        ".",
        "..",
        "*",
        "x",
        "x" * 300,
        "a." * 140,
        "\0",
        "\ud800",
        "é",
        "-1",
        "0",
        "1e999",
        "2001:db8::1",
        "192.0.2.1",
    ),
    *([], {}, [[]], [None], {"": ""}, {"x": {"x": []}}),
)


def mutated_bytes(dice, data, most=8):
    """Returns bytes with some of them changed, removed, repeated or inserted."""
    data = bytearray(data)
    for _ in range(dice.randrange(1, most)):
        at = dice.randrange(len(data) + 1)
        end = min(len(data), at + dice.choice((1, 1, 2, 5, 20, 100)))
        match dice.randrange(5):
            case 0 if at < len(data):
                data[at] = dice.randrange(256)
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end] * dice.choice((1, 2, 30))
            case 3:
                other = dice.randrange(len(data) + 1)
                data[other:other] = data[at:end]
            case _:
                data[at:at] = dice.choice(AWKWARD_TEXTS)
    return bytes(data)


def mutated_data(dice, data, most=4):
    """Returns JSON data with some values replaced, removed, repeated or moved; what was given is not changed."""
    for _ in range(dice.randrange(1, most)):
        data = _changed(dice, data, data)
    return data


def _changed(dice, data, root):
    if isinstance(data, dict) and data and dice.random() < 0.9:
        key = dice.choice(list(data))
        match dice.randrange(12):
            case 0:
                return {name: value for name, value in data.items() if name != key}
            case 1:
                return data | {dice.choice(("x", "", "id", "name", "type")): dice.choice(AWKWARD_VALUES)}
        return data | {key: _changed(dice, data[key], root)}
    if isinstance(data, list) and data and dice.random() < 0.9:
        at = dice.randrange(len(data))
        match dice.randrange(12):
            case 0:
                return data[:at] + data[at + 1 :]
            case 1:
                return [*data, data[at]]
            case 2:
                return data[::-1]
        return [*data[:at], _changed(dice, data[at], root), *data[at + 1 :]]
    return dice.choice(AWKWARD_VALUES) if dice.random() < 0.7 else _part_of(dice, root)


def _part_of(dice, data):
    """Returns any part of the data."""
    while isinstance(data, dict | list) and data and dice.random() < 0.8:
        data = dice.choice(list(data.values()) if isinstance(data, dict) else data)
    return data
