"""Documents and files that are refused."""

import pytest

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.documents import parse
from dnsemu.config.file.load import load_text


def refusal(file, raw):
    """Returns the one error for which a document is refused."""
    with pytest.raises(FilesRefused) as caught:
        parse(file, raw)
    (error,) = caught.value.errors
    return error


def refusals(text, name="f.yaml"):
    """Returns the errors for which a text is refused."""
    with pytest.raises(FilesRefused) as caught:
        load_text(name, text)
    return caught.value.errors
