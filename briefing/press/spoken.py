"""An edition read aloud by eSpeak NG: an MP3 with the words of the page, a chapter per section."""

import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence

from briefing.core.errors import MissingPartError, OutputError
from briefing.core.language import in_language
from briefing.core.model import Edition
from briefing.press.formats import Rendition
from briefing.press.parts import Parts, parts_of
from briefing.press.text import page_text

#: The program, a Debian package; its output has a header, then 16-bit samples in one channel.
_PROGRAM, _HEADER, _RATE = "espeak-ng", 44, 22_050
#: Words per minute, kbit/s, and the time limit of a chapter in seconds.
_SPEED, _KBITS, _PATIENCE = 160, 48, 120
#: Bytes of an ID3 header, whose last four have the size of the tag, seven bits each.
HEAD, _SEVENS = 10, (21, 14, 7, 0)
#: Blocks that are for the eye and not read aloud.
_SILENT = {"head", "chart", "amended", "sources", "foot"}


def spoken_needs() -> str:
    """Return what is missing for a spoken edition; empty if nothing is."""
    try:
        import lameenc  # noqa: F401, PLC0415  an extra
    except ImportError:
        return "the package lameenc; install briefing[spoken]"
    return "" if shutil.which(_PROGRAM) else f"the program {_PROGRAM}; run: apt install {_PROGRAM}"


@in_language(lambda edition, _: edition.language)
def page_spoken(edition: Edition, rendition: Rendition) -> bytes:
    """Return the edition as an .mp3 file with chapters, including its plain text.

    Raises MissingPartError if the program or the extra is not installed, and OutputError if the
    program fails.
    """
    if missing := spoken_needs():
        raise MissingPartError(f"a spoken edition needs {missing}")
    import lameenc  # noqa: PLC0415  as above

    parts = parts_of(edition, rendition)
    chapters = [*script_of(parts)]
    speech = [_speech("\n\n".join(lines), edition.language) for _, lines in chapters]
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_in_sample_rate(_RATE)
    encoder.set_channels(1)
    encoder.set_bit_rate(_KBITS)
    sound = bytes(encoder.encode(b"".join(speech)) + encoder.flush())
    # Two bytes per sample.
    ends = [round(sum(map(len, speech[:n])) / 2 / _RATE * 1_000) for n in range(len(speech) + 1)]
    page = parts.page
    title, text = f"{page.name}, {page.date}", page_text(edition, rendition)
    return _tag(title, text, [name for name, _ in chapters], ends) + sound


def seconds_of(head: bytes, size: int) -> int:
    """Return the duration of a file of ours, from its header and its size in bytes."""
    tag = sum((byte & 127) << shift for byte, shift in zip(head[6:], _SEVENS, strict=False))
    return round((size - HEAD - tag) * 8 / _KBITS / 1_000)


def script_of(parts: Parts) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the title and texts of each chapter, in the order of the record."""
    page, say = parts.page, parts.say
    opening = [page.letterhead.marking, page.name, page.date]
    for block in parts.blocks:
        lines = [
            "".join(run.text + say.colon * (run.kind in {"status", "label"}) for run in part.runs)
            for part in block.parts
        ]
        if block.id == "top":
            opening += lines
        elif block.id not in _SILENT:
            if opening:
                yield page.name, [*filter(None, opening)]
                opening = []
            yield block.name, [block.name, *lines]
    if opening:
        yield page.name, [*filter(None, opening)]


def _speech(text: str, language: str) -> bytes:
    """Return the samples of a text; double brackets would be read as phonemes, NUL would end it."""
    command = [_PROGRAM, "-v", language, "-s", f"{_SPEED}", "-b", "1", "--stdin", "--stdout"]
    plain = text.replace("[[", "[ [").replace("\0", " ").encode("utf-8", "replace")
    try:
        done = subprocess.run(  # noqa: S603  our own words
            command, input=plain, capture_output=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise OutputError(f"{_PROGRAM}: cannot read the edition aloud ({error})") from error
    return done.stdout[_HEADER:]


def _tag(title: str, text: str, names: Sequence[str], ends: Sequence[int]) -> bytes:
    """Return an ID3 tag with a text, and chapters delimited by ``ends`` in milliseconds.

    References:
        ID3v2.3.0 (1999); ID3v2 Chapter Frame Addendum (2005).
    """
    chapters = b"".join(
        _frame(
            b"CHAP",
            b"c%d\0" % n
            + struct.pack(">4I", *ends[n : n + 2], 2**32 - 1, 2**32 - 1)
            + _title(name),
        )
        for n, name in enumerate(names)
    )
    keys = b"".join(b"c%d\0" % n for n in range(len(names)))
    contents = _frame(b"CTOC", b"toc\0" + bytes((3, len(names))) + keys)
    # Language undetermined, no description.
    words = _frame(b"USLT", b"\1und\xff\xfe\0\0" + text.encode("utf-16", "replace"))
    frames = _title(title) + contents + chapters + words
    size = bytes(len(frames) >> shift & 127 for shift in _SEVENS)
    return b"ID3\3\0\0" + size + frames


def _title(text: str) -> bytes:
    return _frame(b"TIT2", b"\1" + text.encode("utf-16", "replace"))


def _frame(name: bytes, content: bytes) -> bytes:
    return name + struct.pack(">I", len(content)) + b"\0\0" + content
