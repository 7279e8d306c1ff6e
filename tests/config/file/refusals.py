"""Documents that are refused."""

import pytest

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.documents import parse


def refusal(file, raw):
    """Returns the one error for which a document is refused."""
    with pytest.raises(FilesRefused) as caught:
        parse(file, raw)
    (error,) = caught.value.errors
    return error
