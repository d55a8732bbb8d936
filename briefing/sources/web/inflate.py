"""PURE: decodes a compressed body (Content-Encoding), within a size limit."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from functools import partial

import brotli
import zstandard

from briefing.core.errors import FetchError
from briefing.sources.web.address import printable

#: Bytes that are taken and returned at a time, so that memory is bounded at every step.
_PIECE = 65_536
#: Bytes that are passed to zstd at a time. Its output cannot be limited, and a block of four bytes
#: may become 128 KiB (RFC 8878, 3.1.1.2): at most about 2 MiB.
_ZSTD_PIECE = 64
#: Largest window a zstd stream may ask for (RFC 9659).
_ZSTD_WINDOW = 8 * 1024 * 1024
#: Gzip members or zstd frames of one body. Compressors that work in parts make them a few hundred
#: kilobytes or larger; a body of a million empty parts would take seconds.
_MEMBERS = 100
#: Encodings of one body. Two occur where a proxy compresses again; no real server needs three.
_STACKED = 2
#: First bytes of a gzip member (RFC 1952, 2.3.1).
_GZIP_MAGIC = b"\x1f\x8b"
#: ``wbits`` of zlib for gzip, zlib and bare deflate.
_GZIP, _ZLIB, _RAW = 31, 15, -15


class Inflate:
    """Decodes one body as it arrives."""

    def __init__(self, encodings: str, *, limit: int) -> None:
        """Begin a body with its Content-Encoding, which may be empty.

        Its limit of bytes also holds after each decoding step.

        Raises:
            FetchError: an encoding is unknown, or there are too many encodings.
        """
        self._codings = _codings(encodings)
        self._limit = limit
        self._made = [0] * (len(self._codings) + 1)
        self._body: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        """Decode some more bytes.

        Raises:
            FetchError: the data is damaged, or the body is larger than the limit.
        """
        for start in range(0, len(chunk), _PIECE):
            self._body += self._through(chunk[start : start + _PIECE], step=0)

    def finish(self) -> bytes:
        """Return the body (FetchError: it ends too early (passing))."""
        for coding in self._codings:
            if coding.is_open:
                raise FetchError(f"the {coding.name} data ends too early", passing=True)
        return b"".join(self._body)

    def _through(self, part: bytes, *, step: int) -> Iterator[bytes]:
        """Yield the output for a part after all decoding steps from ``step`` on."""
        self._made[step] += len(part)
        if self._made[step] > self._limit:
            raise FetchError(f"larger than {self._limit / 1e6:g} MB")
        if step == len(self._codings):
            yield part
            return
        coding = self._codings[step]
        try:
            for piece in coding.pieces(part):
                yield from self._through(piece, step=step + 1)
        except (zlib.error, brotli.error, zstandard.ZstdError):
            raise FetchError(f"its {coding.name} data is damaged") from None


class _Zlib:
    """Gzip (RFC 1952), and deflate (RFC 1950, or bare RFC 1951 as some servers send it).

    Bytes after gzip data that are not gzip are ignored, as in browsers. Like those of the other
    encodings, it is open when a stream has begun and not ended, and its pieces are bounded.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._stream: zlib._Decompress | None = None
        self._rest = b""
        self._ended = 0
        self._over = False

    @property
    def is_open(self) -> bool:
        return self._stream is not None or (bool(self._rest) and not self._ended)

    def pieces(self, part: bytes) -> Iterator[bytes]:
        self._rest = b"" if self._over else self._rest + part
        while stream := self._stream or self._begin():
            piece = stream.decompress(self._rest, _PIECE)
            self._rest = stream.unconsumed_tail
            if stream.eof:
                self._stream = None
                self._ended += 1
                self._over = self.name != "gzip"
                self._rest = b"" if self._over else stream.unused_data
            yield piece
            if not stream.eof and len(piece) < _PIECE:
                return

    def _begin(self) -> zlib._Decompress | None:
        """Open the stream that begins here; None if more bytes are needed or no stream begins."""
        head = self._rest.lstrip(b"\0") if self._ended else self._rest
        if len(head) < len(_GZIP_MAGIC):
            return None
        if self._ended and not head.startswith(_GZIP_MAGIC):
            self._over = True
            return None
        _check_count(self._ended, name=self.name)
        # The check bits of the header tell zlib from bare deflate (RFC 1950, 2.2).
        is_zlib = head[0] & 0x0F == zlib.DEFLATED and int.from_bytes(head[:2], "big") % 31 == 0
        self._rest = head
        self._stream = zlib.decompressobj(
            _GZIP if self.name == "gzip" else _ZLIB if is_zlib else _RAW
        )
        return self._stream


class _Brotli:
    """Brotli (RFC 7932)."""

    name = "br"

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._begun = False

    @property
    def is_open(self) -> bool:
        return self._begun and not self._stream.is_finished()

    def pieces(self, part: bytes) -> Iterator[bytes]:
        if self._stream.is_finished():
            raise brotli.error("bytes after the end")
        self._begun = True
        piece = self._stream.process(part, output_buffer_limit=_PIECE)
        while piece:
            yield piece
            if self._stream.is_finished():
                return
            piece = self._stream.process(b"", output_buffer_limit=_PIECE)


class _Zstd:
    """Zstandard (RFC 8878)."""

    name = "zstd"

    def __init__(self) -> None:
        self._opener = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._stream: zstandard.ZstdDecompressionObj | None = None
        self._ended = 0

    @property
    def is_open(self) -> bool:
        return self._stream is not None

    def pieces(self, part: bytes) -> Iterator[bytes]:
        for start in range(0, len(part), _ZSTD_PIECE):
            rest = part[start : start + _ZSTD_PIECE]
            while rest:
                if self._stream is None:
                    _check_count(self._ended, name=self.name)
                    self._stream = self._opener.decompressobj()
                stream = self._stream
                yield stream.decompress(rest)
                rest = stream.unused_data
                if stream.eof:
                    self._stream = None
                    self._ended += 1


def _check_count(ended: int, *, name: str) -> None:
    if ended == _MEMBERS:
        raise FetchError(f"its {name} data has more than {_MEMBERS} parts")


def _codings(encodings: str) -> list[_Zlib | _Brotli | _Zstd]:
    """Return the decoders for the encodings of a header, the last applied first."""
    names = [name.strip().lower() for name in encodings.split(",")]
    names = [name for name in names if name not in {"", "identity"}]
    if len(names) > _STACKED:
        raise FetchError(f"encoded more than {_STACKED} times")
    # RFC 9110, 8.4.1; "x-gzip" is an old name.
    known: dict[str, Callable[[], _Zlib | _Brotli | _Zstd]] = {
        "gzip": partial(_Zlib, "gzip"),
        "x-gzip": partial(_Zlib, "gzip"),
        "deflate": partial(_Zlib, "deflate"),
        "br": _Brotli,
        "zstd": _Zstd,
    }
    codings = []
    for name in reversed(names):
        if name not in known:
            raise FetchError(f"unknown encoding {printable(name)!r}")
        codings.append(known[name]())
    return codings
