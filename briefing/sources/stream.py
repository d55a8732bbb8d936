"""The bytes of one input, decompressed if they are gzip, up to a limit."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

#: Most bytes of one input after decompression: two hundred times a heavy day (581 articles,
#: 0.9 MB).
FILE_LIMIT = 200_000_000
#: Most bytes of one JSON line: eighty for each character that a document may have.
LINE_LIMIT = 16_000_000
#: Bytes read at a time.
_CHUNK = 65_536


class Stream:
    """Reads one seekable input and records why it ended early."""

    def __init__(self, raw: BinaryIO, *, limit: int = FILE_LIMIT) -> None:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        self._source = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if packed else raw
        self._limit = limit
        self._taken = 0
        #: Why reading stopped before the end; empty if it did not.
        self.fault = ""

    def _take(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            piece = read(size)
        except EOFError:
            self.fault = "the gzip file ends too early; what came before was read"
            return b""
        except (OSError, zlib.error):
            self.fault = "the file is damaged; what came before was read"
            return b""
        self._taken += len(piece)
        if self._taken > self._limit:
            self.fault = f"larger than {self._limit:,} bytes; what came before was read; split it"
            return b""
        return piece

    def head(self, size: int) -> bytes:
        """Return the first ``size`` bytes, or all if there are fewer."""
        pieces: list[bytes] = []
        missing = size
        while missing > 0 and (piece := self._take(self._source.read, min(missing, _CHUNK))):
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Yield number, from 1, and bytes of every line; None for a line over ``LINE_LIMIT``."""
        number = 0
        while line := self._take(self._source.readline, LINE_LIMIT + 1):
            number += 1
            if len(line) <= LINE_LIMIT:
                yield number, line
                continue
            while line and not line.endswith(b"\n"):
                line = self._take(self._source.readline, LINE_LIMIT)
            yield number, None
