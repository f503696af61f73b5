"""What the broker's adapter computes itself."""

from __future__ import annotations

import pytest

from consumers.broker import _hashed

# The vectors of Apache Kafka's own UtilsTest.testMurmur2.
VECTORS = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize("key", VECTORS)
def test_a_key_goes_where_every_client_puts_it(key: bytes) -> None:
    assert _hashed(key) == VECTORS[key] & 0x7FFFFFFF
