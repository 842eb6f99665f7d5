"""The journal's checksums give the answers of the libraries that have them."""

import google_crc32c
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from engine.journal.hashes import crc32c, xxh64

SEEDS = st.integers(0, 2**64 - 1)


def test_crc32c_is_that_of_the_standard():
    """RFC 3720, B.4, and the check value of the catalogue."""
    assert 0xE3069283 == crc32c(b"123456789")
    assert 0x8A9136AA == crc32c(bytes(32))
    assert 0x62A8AB43 == crc32c(b"\xff" * 32)
    assert 0x46DD794E == crc32c(bytes(range(32)))


def test_xxh64_is_that_of_the_specification():
    assert 0xEF46DB3751D8E999 == xxh64(b"")
    assert 0xD24EC4F1A98C6E5B == xxh64(b"a")
    assert 0x44BC2CF5AD770999 == xxh64(b"abc")
    assert 0xFBCEA83C8A378BF1 == xxh64(b"Nobody inspects the spammish repetition")


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_crc32c_goes_on_where_it_stopped(one, other):
    assert crc32c(one + other) == crc32c(other, crc32c(one))


@given(st.binary(max_size=300), st.integers(0, 2**32 - 1))
def test_crc32c_is_that_of_google_crc32c(data, crc):
    assert google_crc32c.extend(crc, data) == crc32c(data, crc)


@given(st.binary(max_size=300), SEEDS)
def test_xxh64_is_that_of_xxhash(data, seed):
    assert xxhash.xxh64_intdigest(data, seed) == xxh64(data, seed)
