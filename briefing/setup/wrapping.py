"""Lines of a terminal, broken between words."""

import re

#: What stays on one line: a word with the space before it, or a character of Chinese, Japanese or
#: Korean. rich would cut a long address, or leave the whole line as it is.
_WIDE = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_PIECES = re.compile(rf"\s*(?:[^\s{_WIDE}]+|[{_WIDE}])")
#: Columns that words get however narrow the terminal is.
_NARROWEST = 20


def broken(line: str, *, width: int, before: str = "") -> list[str]:
    """Break a line that has columns before it; without them in the first, with indents after."""
    if _cells(before) + _cells(line) <= width:
        return [line]
    own = "" if before else line[: len(line) - len(line.lstrip())]
    indent = _cells(before) or len(own) + 2
    room = max(_NARROWEST, width - indent)
    lines = [""]
    for piece in _PIECES.findall(line.strip()):
        if not lines[-1] or _cells(lines[-1]) + _cells(piece) <= room:
            lines[-1] += piece
        else:
            lines.append(piece.lstrip())
    return [f"{own}{lines[0]}", *(" " * indent + line for line in lines[1:])]


def _cells(text: str) -> int:
    """Return the columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    # only here: to load it takes a tenth of a short command
    from rich.cells import cell_len  # noqa: PLC0415

    return cell_len(text)
