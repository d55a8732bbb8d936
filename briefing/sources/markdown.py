"""Converts Markdown to plain text: markup is removed, words stay, one paragraph per line."""

from __future__ import annotations

import html
import re

_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_TITLE_KEY = re.compile(r"title:\s*(.*)", re.IGNORECASE)
_HEADING = re.compile(r"\s{0,3}(#{1,6})(?:\s+(.*))?$")
_RULE = re.compile(r"\s{0,3}(?:[-*_=][ \t]{0,3}){2,}$")
_DEFINITION = re.compile(r"\s{0,3}\[[^\]]{1,200}\]:\s")
_QUOTATION = re.compile(r"(?:\s{0,3}>)+")
_BULLET = re.compile(r"\s{0,40}[-*+]\s+")
#: A number begins an item only where a paragraph may begin: a wrapped line may start with a year.
_NUMBER = re.compile(r"\s{0,40}\d{1,3}[.)]\s+")

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,2000}>")
_AUTOLINK = re.compile(r"<(https?://[^<>\s]{1,2000})>")
#: Target of a link: an address with at most one pair of brackets in it, or a label.
_TARGET = r"(?:\((?:[^()]|\([^()]{0,200}\)){0,2000}\)|\[[^\[\]]{0,200}\])"
_IMAGE = re.compile(r"!\[[^\[\]]{0,2000}\]" + _TARGET)
_LINK = re.compile(r"\[([^\[\]]{0,2000})\]" + _TARGET)
#: Marks of emphasis and code touch a word on one side and are not inside one.
_OPENING = re.compile(r"(?<![\w*_`~\\])(?:\*{1,3}|_{1,3}|~~|`{1,3})(?=[^\s*_`~])")
_CLOSING = re.compile(r"(?<=[^\s*_`~\\])(?:\*{1,3}|_{1,3}|~~|`{1,3})(?![\w*_`~])")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!>~|])")


def to_plain(text: str) -> tuple[str, str]:
    """Return title and plain text of a clean Markdown text.

    The title is that of the front matter, else the first heading of the first level, which is
    then left out of the text. Code blocks, tables, images, comments, rules and link targets are
    left out.
    """
    title, lines = _front_matter(_without_comments(text).split("\n"))
    paragraphs: list[str] = []
    outline = _Outline()
    for line in _without_code(lines):
        outline.add(line)
    outline.close()
    for is_heading, block in outline.blocks:
        plain = _inline(block)
        if is_heading and not title:
            title = plain
        elif plain:
            paragraphs.append(plain)
    return title, "\n".join(paragraphs)


def _front_matter(lines: list[str]) -> tuple[str, list[str]]:
    if lines[0].rstrip() != "---":
        return "", lines
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() in {"---", "..."}), 0)
    matches = (_TITLE_KEY.fullmatch(line.strip()) for line in lines[1:end])
    title = next((match[1] for match in matches if match), "").strip("\"' ")
    return (title, lines[end + 1 :]) if end else ("", lines)


class _Outline:
    """Collects lines into paragraphs and headings."""

    def __init__(self) -> None:
        #: Each paragraph as one line, and whether it is a heading of the first level.
        self.blocks: list[tuple[bool, str]] = []
        self._open: list[str] = []
        self._numbered = False

    def add(self, line: str) -> None:
        """Add the next line outside of code blocks."""
        if not line or line.isspace():
            self.close()
            return
        quotation = _QUOTATION.match(line)
        line = line[quotation.end() :] if quotation else line
        heading = _HEADING.match(line)
        if heading:
            self.close()
            self.blocks.append((heading[1] == "#", (heading[2] or "").rstrip().rstrip("#")))
        elif _is_apart(line):
            underlined = line.strip().startswith("=") and len(self._open) == 1
            self.close(heading=underlined)
        else:
            self._add_words(line)

    def _add_words(self, line: str) -> None:
        number = _NUMBER.match(line) if self._numbered or not self._open else None
        item = _BULLET.match(line) or number
        if item:
            self.close()
        if not self._open:
            self._numbered = number is not None
        self._open.append(line[item.end() if item else 0 :].strip())

    def close(self, *, heading: bool = False) -> None:
        """End the open paragraph, if there is one."""
        if self._open:
            self.blocks.append((heading, " ".join(self._open)))
            self._open = []


def _is_apart(line: str) -> bool:
    """Tell whether a line ends a paragraph and has no words of its own."""
    stripped = line.strip()
    return (
        not stripped
        or stripped.startswith("|")
        or _RULE.match(line) is not None
        or _DEFINITION.match(line) is not None
    )


def _without_comments(text: str) -> str:
    """Return the text without HTML comments; of an unclosed one only the mark is removed."""
    first, *rest = text.split("<!--")
    parted = (piece.partition("-->") for piece in rest)
    return first + "".join(after if end else before for before, end, after in parted)


def _without_code(lines: list[str]) -> list[str]:
    """Return the lines outside fenced code; an open fence runs to the end."""
    outside: list[str] = []
    fence = ""
    for line in lines:
        match = _FENCE.match(line)
        if fence:
            fence = "" if match and match[1] == fence else fence
        elif match:
            fence = match[1]
            outside.append("")
        else:
            outside.append(line)
    return outside


def _inline(block: str) -> str:
    plain = _AUTOLINK.sub(r"\1", block)
    plain = _LINK.sub(r"\1", _IMAGE.sub("", _TAG.sub("", plain)))
    plain = _CLOSING.sub("", _OPENING.sub("", plain))
    return " ".join(html.unescape(_ESCAPE.sub(r"\1", plain)).split())
