import gzip
import tracemalloc
import zlib
from contextlib import suppress
from itertools import pairwise

import pytest
import zstandard
from briefing.sources.web.inflate import Inflate
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import FetchError
from tests.examples import examples
from tests.newsserver import compress

TEXT = b"The port of Northwick opened again on Monday after three weeks. " * 3_000
#: Encodings as servers name them, with how the tests make them.
ENCODINGS = [
    ("", ()),
    ("identity", ()),
    ("gzip", ("gzip",)),
    ("x-gzip", ("gzip",)),
    ("GZIP ", ("gzip",)),
    ("deflate", ("deflate",)),
    ("deflate", ("bare",)),
    ("br", ("br",)),
    ("zstd", ("zstd",)),
    ("gzip, identity, br", ("gzip", "br")),
    ("deflate,gzip", ("bare", "gzip")),
    ("br, zstd", ("br", "zstd")),
]
ONE = [
    (step if step != "bare" else "deflate", step) for step in "gzip deflate bare br zstd".split()
]


def made(raw: bytes, steps: tuple[str, ...]) -> bytes:
    for step in steps:
        raw = compress(raw, step)
    return raw


def undo(encodings: str, *chunks: bytes, limit: int = 1_000_000) -> bytes:
    body = Inflate(encodings, limit=limit)
    for chunk in chunks:
        body.feed(chunk)
    return body.finish()


@pytest.mark.parametrize(("encodings", "steps"), ENCODINGS)
def test_every_encoding_is_undone(encodings: str, steps: tuple[str, ...]) -> None:
    sent = made(TEXT, steps)
    assert undo(encodings, sent) == TEXT
    assert undo(encodings, *(sent[at : at + 1] for at in range(len(sent))))[-64:] == TEXT[-64:]


@given(
    case=st.sampled_from(ENCODINGS),
    raw=st.binary(max_size=5_000) | st.integers(0, 200_000).map(bytes),
    data=st.data(),
)
def test_any_split(case: tuple[str, tuple[str, ...]], raw: bytes, data: st.DataObject) -> None:
    encodings, steps = case
    sent = made(raw, steps)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=8)))
    chunks = [sent[start:end] for start, end in pairwise([0, *cuts, len(sent)])]
    assert undo(encodings, *chunks) == raw


@given(case=st.sampled_from(ONE), noise=st.binary(max_size=300), at=st.integers(0, 200))
def test_noise_gives_bytes_or_a_reason(case: tuple[str, str], noise: bytes, at: int) -> None:
    name, step = case
    sent = compress(TEXT, step)
    with suppress(FetchError):
        assert len(undo(name, sent[:at] + noise + sent[at:])) <= 1_000_000


@pytest.mark.parametrize(("name", "step"), ONE)
def test_nothing_at_all_is_an_empty_body(name: str, step: str) -> None:
    assert undo(name) == undo(name, b"") == b""
    assert undo(name, compress(b"", step)) == b""


@pytest.mark.parametrize(("name", "step"), ONE)
@pytest.mark.parametrize("left", [1, 2, 40, -1])
def test_a_stream_that_is_cut_ends_too_early(name: str, step: str, left: int) -> None:
    with pytest.raises(FetchError, match="ends too early") as raised:
        undo(name, compress(TEXT, step)[:left])
    assert raised.value.passing


def test_a_stacked_stream_that_is_cut_inside_ends_too_early() -> None:
    with pytest.raises(FetchError, match="the br data ends too early"):
        undo("br, gzip", compress(compress(TEXT, "br")[:-3], "gzip"))


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_stream_that_is_none_is_damaged(name: str) -> None:
    with pytest.raises(FetchError, match=f"its {name} data is damaged") as raised:
        undo(name, b"<html>This is plain text with a lie above it.</html>")
    assert not raised.value.passing
    with pytest.raises(FetchError, match="damaged"):
        undo("gzip", compress(TEXT, "gzip")[:-8] + bytes(8))


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_gzip_in_parts_is_one_body(size: int) -> None:
    sent = compress(b"one ", "gzip") + bytes(3) + compress(b"two", "gzip") + bytes(5)
    assert undo("gzip", *(sent[at : at + size] for at in range(0, len(sent), size))) == b"one two"


@pytest.mark.parametrize("size", [1, 1_000_000])
@pytest.mark.parametrize("tail", [b"\x1f", b"junk after the end", b"\0\0\x1fjunk"])
def test_what_follows_gzip_data_is_passed_over(tail: bytes, size: int) -> None:
    sent = compress(b"one", "gzip") + tail
    assert undo("gzip", *(sent[at : at + size] for at in range(0, len(sent), size))) == b"one"
    assert undo("deflate", compress(b"one", "deflate"), tail) == b"one"


@pytest.mark.parametrize("split", [False, True])
def test_what_follows_brotli_data_is_damage(*, split: bool) -> None:
    sent = compress(b"one", "br")
    with pytest.raises(FetchError, match="damaged"):
        undo("br", *((sent, b"junk") if split else (sent + b"junk",)))


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_zstd_in_frames_is_one_body(size: int) -> None:
    skipped = (0x184D2A50).to_bytes(4, "little") + (3).to_bytes(4, "little") + b"abc"
    sent = compress(b"one ", "zstd") + skipped + compress(b"two", "zstd")
    assert undo("zstd", *(sent[at : at + size] for at in range(0, len(sent), size))) == b"one two"


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_a_body_of_very_many_parts_is_refused(name: str) -> None:
    assert undo(name, compress(b"a", name) * 100) == b"a" * 100
    with pytest.raises(FetchError, match=f"its {name} data has more than 100 parts"):
        undo(name, compress(b"a", name) * 101)


def test_a_zstd_window_beyond_the_standard_is_refused() -> None:
    wide = zstandard.ZstdCompressionParameters(window_log=27, compression_level=1)
    sent = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    with pytest.raises(FetchError, match="damaged"):
        undo("zstd", sent.compress(TEXT) + sent.flush())


@pytest.mark.parametrize(("name", "step"), ONE)
def test_a_body_may_be_as_large_as_the_limit_and_no_larger(name: str, step: str) -> None:
    sent = compress(TEXT, step)
    assert undo(name, sent, limit=len(TEXT)) == TEXT
    with pytest.raises(FetchError, match=r"larger than 0\.19199") as raised:
        undo(name, sent, limit=len(TEXT) - 1)
    assert not raised.value.passing


@pytest.mark.parametrize("encodings", ["", "identity"])
def test_a_plain_body_has_the_same_limit(encodings: str) -> None:
    with pytest.raises(FetchError, match="larger than 1e-05 MB"):
        undo(encodings, b"12345", b"678901", limit=10)


@pytest.mark.parametrize("step", ["gzip", "deflate", "bare", "br", "zstd"])
def test_a_bomb_takes_little_memory(step: str) -> None:
    sent = compress(bytes(50_000_000), step)
    tracemalloc.start()
    try:
        with pytest.raises(FetchError, match="larger than 1 MB"):
            undo("deflate" if step == "bare" else step, sent)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6_000_000


def test_a_bomb_within_a_bomb_is_stopped_and_bare_deflate_ends_where_it_ends() -> None:
    inner = b"".join(b"\0\0\0\xff\xff" for _ in range(1_000_000))  # blocks that hold nothing
    with pytest.raises(FetchError, match="larger than 1 MB"):
        undo("deflate, gzip", gzip.compress(inner))
    stream = zlib.compressobj(wbits=-15)
    sent = stream.compress(bytes(65_536 * 2)) + stream.flush()
    assert len(undo("deflate", sent)) == 65_536 * 2


@examples("encodings, reason")
def test_an_encoding_that_cannot_be_undone_is_refused(encodings: str, reason: str) -> None:
    with pytest.raises(FetchError) as raised:
        Inflate(encodings, limit=10)
    assert str(raised.value) == reason
