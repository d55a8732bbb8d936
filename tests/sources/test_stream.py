import gzip
from io import BytesIO
from pathlib import Path

from briefing.sources.stream import LINE_LIMIT, Stream


def test_gzip_is_known_by_its_first_bytes() -> None:
    assert Stream(BytesIO(gzip.compress(b"one\ntwo"))).head(100) == b"one\ntwo"


def test_lines_are_numbered_from_one() -> None:
    assert list(Stream(BytesIO(b"one\ntwo")).lines()) == [(1, b"one\n"), (2, b"two")]


def test_a_line_too_long_is_passed_over_and_the_next_is_read() -> None:
    long = b"x" * (2 * LINE_LIMIT + 5) + b"\nnext\n"
    assert list(Stream(BytesIO(long)).lines()) == [(1, None), (2, b"next\n")]


def test_a_gzip_bomb_stops_at_the_limit() -> None:
    stream = Stream(BytesIO(gzip.compress(b"\n" * 3_000_000)), limit=100_000)
    assert len(list(stream.lines())) == 100_000
    assert "larger than 100,000 bytes" in stream.fault


def test_a_bomb_read_as_a_whole_stops_as_well() -> None:
    stream = Stream(BytesIO(gzip.compress(b"0" * 3_000_000)), limit=100_000)
    assert len(stream.head(2_000_000)) <= 100_000
    assert stream.fault


def test_a_gzip_file_cut_short_gives_what_came_before() -> None:
    raw = gzip.compress(b"".join(b"line %d\n" % number for number in range(50_000)))
    stream = Stream(BytesIO(raw[: len(raw) // 2]))
    assert len(list(stream.lines())) > 1_000
    assert "ends too early" in stream.fault


def test_a_damaged_gzip_file_is_told() -> None:
    raw = bytearray(gzip.compress(b"some text of no importance"))
    raw[2] = 99
    stream = Stream(BytesIO(bytes(raw)))
    assert stream.head(100) == b""
    assert "damaged" in stream.fault


def test_a_whole_read_ends_at_the_size_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 200_000)
    with path.open("rb") as raw:
        assert len(Stream(raw).head(100_000)) == 100_000
