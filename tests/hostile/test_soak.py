"""Twenty seconds of the soak, with a fixed seed. `make soak` runs ten minutes."""

import sys

import pytest

from tests.hostile.soak import check, soak

SECONDS = 20
SEED = 1


@pytest.mark.skipif(sys.platform != "linux", reason="memory and descriptors are read from /proc")
def test_what_the_server_holds_stays_flat(tmp_path):
    check(soak(SECONDS, SEED, tmp_path))
