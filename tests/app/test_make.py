import gzip
import json
import os
import random
import stat
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from briefing.app.make import make, save
from briefing.cli import DONE, FAILED, IN_PART
from briefing.core.edition import STEPS
from briefing.core.errors import InputError, LayoutError, OutputError
from briefing.core.model import Document, Edition, Material, Sentence
from briefing.press.measure import Press
from briefing.settings import Settings
from briefing.setup import parts
from briefing.setup.pages import read_inputs
from tests.examples import examples
from tests.small_day import DAY, PATROL, RATE, TREATY, Said, assert_whole, briefing, write_lines

pytestmark = pytest.mark.paper

MARCH_11 = date(2026, 3, 11)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def documents(tmp_path: Path) -> tuple[Document, ...]:
    return read_inputs([str(write_lines(tmp_path / "day.jsonl", DAY))]).documents


def test_a_page_is_made_and_read_back(documents: tuple[Document, ...], tmp_path: Path) -> None:
    steps: list[str] = []
    printed = make(
        Material(documents, MARCH_11, failed=[("b.txt", "the file is empty")]),
        recipe=parts.recipe(Settings(), documents),
        press=parts.press(Settings()),
        watch=steps.append,
    )
    (tmp_path / "page.pdf").write_bytes(printed.pdf)
    assert_whole(tmp_path / "page.pdf")
    assert steps == [*STEPS, "print"]
    assert printed.edition.day == MARCH_11
    assert printed.edition.ledger.failed == (("b.txt", "the file is empty"),)
    assert printed.fit.pages == 1
    assert 2 <= printed.layouts <= 4


class ForgetfulPress(Press):
    """A real press whose pages are said to lack their first sentence."""

    def missing(self, edition: Edition, pdf: bytes) -> Sequence[Sentence]:
        assert pdf.startswith(b"%PDF-")
        return tuple(edition.sentences())[:1]


def test_a_page_that_lacks_a_sentence_is_never_given_out(documents: tuple[Document, ...]) -> None:
    theme = parts.theme(Settings())
    with pytest.raises(LayoutError, match="1 sentence missing from the printed page: '"):
        make(
            Material(documents, MARCH_11),
            recipe=parts.recipe(Settings(), documents),
            press=ForgetfulPress(theme, theme.paper("A4")),
        )


def test_no_documents_make_no_edition() -> None:
    with pytest.raises(InputError, match="nothing to print: 0 reports, no text"):
        make(Material((), MARCH_11), recipe=parts.recipe(Settings()), press=parts.press(Settings()))


def test_files_are_written_whole_readable_and_alone_and_nothing_is_no_fault(tmp_path: Path) -> None:
    first, second = tmp_path / "new" / "deep" / "a.pdf", tmp_path / "b.json"
    second.write_bytes(b"before")
    save({first: b"a" * 100_000, second: b""})
    assert first.read_bytes() == b"a" * 100_000
    assert second.read_bytes() == b""
    assert stat.S_IMODE(first.stat().st_mode) == 0o644
    assert names(first.parent) == ["a.pdf"]
    save({})
    assert names(tmp_path) == ["b.json", "new"]


@examples("second, said")
def test_when_one_file_cannot_be_written_none_is(tmp_path: Path, second: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"in the way")
    (tmp_path / "a.pdf").write_bytes(b"before")
    os.mkfifo(tmp_path / "pipe")
    before = names(tmp_path)
    for first in ("a.pdf", "new/deep/a.pdf"):
        with pytest.raises(OutputError, match=said):
            save({tmp_path / first: b"after", tmp_path / second: b"after"})
        with pytest.raises(OutputError, match=said):
            save({tmp_path / second: b"after", tmp_path / first: b"after"})
    assert names(tmp_path) == before
    assert names(tmp_path / "folder") == []
    assert (tmp_path / "a.pdf").read_bytes() == b"before"
    assert (tmp_path / "file").read_bytes() == b"in the way"


def test_a_device_is_never_replaced() -> None:
    with pytest.raises(OutputError, match="/dev/null: is a folder or a device"):
        save({Path("/dev/null"): b"page"})
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "real" / "a.pdf", tmp_path / "latest.pdf"
    target.parent.mkdir()
    link.symlink_to(target)
    save({link: b"page"})
    assert link.is_symlink()
    assert target.read_bytes() == b"page"
    assert names(target.parent) == ["a.pdf"]


TEXT: str = RATE["text"]
GOOD = tuple(json.dumps(line) for line in DAY)
GERMAN = (
    "Die Zentralbank von Ostra hat am Dienstag ihren Leitzins um einen halben Punkt angehoben. "
    "Die Preise stiegen im Februar um 6,1 Prozent, wie das Statistikamt mitteilte. Der Gouverneur "
    "sagte, die Inflation werde bis zum nächsten Jahr über dem Ziel bleiben.\n\n"
)
KOREAN = "정부는 화요일 수도에서 새로운 무역 협정을 발표했다. 수출은 작년보다 4퍼센트 늘었다.\n\n"
FURNITURE = (
    "Sign up for our newsletter. All rights reserved. Click here to read more. Advertisement. "
    "Share this article on social media.\n"
)


def lines(*values: object) -> bytes:
    """Return values as JSON lines; what is a text already stands as it is."""
    return "".join(
        f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in values
    ).encode()


def article(text: str) -> bytes:
    return f"Bank raises its rate again\n\n{text}".encode()


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)  # noqa: S311  no secret, the same on every run


def rate(**changes: object) -> bytes:
    return lines({**RATE, **changes})


# Name of the file, its content, and what the one line on standard error must say.
HOPELESS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "an empty file": ("a.txt", lambda: b"", "the file is empty"),
    "only white space": ("a.txt", lambda: b" \t\r\n\xc2\xa0\n" * 99, "no words"),
    "all bytes there are": ("a.txt", lambda: bytes(range(256)) * 40, "NUL bytes"),
    "50,000 characters without a space": ("a.txt", lambda: b"x" * 50_000, "nothing to print"),
    "one line of 50,000 with spaces": ("a.txt", lambda: b"word " * 10_000, "nothing to print"),
    "only boilerplate": ("a.txt", (FURNITURE * 20).encode, "nothing to print"),
    "Korean": ("a.txt", (KOREAN * 10).encode, "other language"),
    "German": ("a.txt", (GERMAN * 5).encode, "other language"),
    "gzip of garbage": ("a.jsonl.gz", lambda: b"\x1f\x8b" + noise(5000), "damaged"),
    "garbage called gzip": ("a.jsonl.gz", lambda: noise(5000), "not text"),
    "a page of 5,000 nested boxes": (
        "a.html",
        lambda: b"<html><body>" + b"<div>" * 5000 + TEXT.encode() + b"</div>" * 5000,
        "no article text",
    ),
    "an unknown ending": ("a.docx", lambda: b"PK", ".docx files cannot be read"),
    "a million tiny sentences": ("a.txt", lambda: b"A b. " * 1_000_000, "nothing to print"),
    "only a headline": ("a.jsonl", lambda: rate(text=""), "no words"),
    "a headline as the text": ("a.txt", RATE["title"].encode, "too little text"),
    "only emoji": ("a.txt", lambda: "😀🎉 🚀🇰🇷 ".encode() * 2000, "no words"),
}

#: What one report may hold beside its news, of which a page is made.
ODD: dict[str, dict[str, str]] = {
    "a title of 5,000 characters": {"title": "Rates rise " * 455},
    "a title of one endless word": {"title": "x" * 5000},
    "control characters in a title": {
        "title": "Bank\0 \x1b[31mraises\u202e its\u200f key\n rate\u2066 again"
    },
    "a title of markup": {"title": "<script>rate(1)</script> & {{ 7 * 7 }} {% raw %}"},
    "lone surrogates": {"title": "Bank \ud800 raises rate", "source": "P\ud83d", "id": "\udc00x"},
    "an endless publisher and address": {
        "source": "P" * 5000, "url": "https://x.example/" + "a" * 1900,
    },
    "a word of 3,000 letters": {"text": TEXT.replace("inflation", "x" * 3000)},
    "tabs, no-break spaces, soft hyphens": {
        "text": TEXT.replace(" of ", "\tof\u00a0").replace("ra", "r\u00ada")
    },
    # What no font at hand may hold, or what print does not show, costs at most its own sentence.
    "invisible characters in a sentence": {
        "text": TEXT.replace(" bank", "\u200b \ufeffbank\u200e")
    },
    "a Hindi word in a sentence": {"text": TEXT.replace(" bread", " रोटी, bread")},
    "an emoji in a title": {"title": "Bank raises its rate 🎉 again"},
    "a Hindi word in a title": {"title": "The रोटी price rises again"},
    "an emoji in the name of a publisher": {"source": "Courier 🎉"},
}  # fmt: skip

# Name of the file, its content, and how the command ends; how files are read: tests/sources.
PRINTABLE: dict[str, tuple[str, Callable[[], bytes], int]] = {
    **{name: ("a.jsonl", partial(rate, **changes), DONE) for name, changes in ODD.items()},
    "a bad line among good ones": (
        "a.jsonl", lambda: lines(GOOD[0], '{"id": "x", "text": ', *GOOD[1:]), IN_PART,
    ),
    "gzip cut in the middle": (
        "a.jsonl.gz",
        lambda: gzip.compress(lines(*GOOD, *map(str, range(40))))[:-300],
        IN_PART,
    ),
    "the first and the last day": (
        "a.jsonl",
        lambda: lines({**RATE, "published": "0001-01-01"}, {**TREATY, "published": "9999-12-31"}),
        DONE,
    ),
    "one paragraph of 200 kB": ("a.txt", (" ".join(TEXT.split()) * 250).encode, DONE),
    "300 copies of one article": (
        "a.jsonl",
        lambda: lines(*({**RATE, "id": f"d{n}", "source": f"Paper {n}"} for n in range(300))),
        DONE,
    ),
    "ids of paths and line breaks": (
        "a.jsonl",
        lambda: lines(
            {**RATE, "id": "../../etc/passwd\n\r\0<b>"}, {**PATROL, "id": "a/b\\c"},
            {**TREATY, "id": "x" * 5000},
        ),
        DONE,
    ),
}  # fmt: skip


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a folder in which an older PDF stands."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "page.pdf").write_bytes(b"yesterday")
    return folder


def make_of(source: Path, out: Path) -> int:
    return briefing(
        *("make", source, "-o", out / "page.pdf"),
        *("--json", out / "page.json", "--save-sources", out / "sources.jsonl"),
    )


def assert_one_line(said: str, *, holds: str) -> None:
    assert said.startswith("briefing: ")
    assert holds in said
    assert said.count("\n") == 1
    assert said.endswith("\n")
    assert "Traceback" not in said
    assert "internal error" not in said


def assert_untouched(out: Path) -> None:
    assert [path.name for path in out.iterdir()] == ["page.pdf"]
    assert (out / "page.pdf").read_bytes() == b"yesterday"


@pytest.mark.parametrize("case", HOPELESS.values(), ids=HOPELESS)
def test_hopeless_input_gives_one_line_and_touches_nothing(
    case: tuple[str, Callable[[], bytes], str], tmp_path: Path, out: Path, capsys: Said
) -> None:
    name, content, said = case
    source = tmp_path / name
    source.write_bytes(content())
    assert make_of(source, out) == FAILED
    assert_one_line(capsys.readouterr().err, holds=said)
    assert_untouched(out)


@pytest.mark.parametrize("case", PRINTABLE.values(), ids=PRINTABLE)
def test_bad_input_that_holds_news_gives_a_whole_proved_page(
    case: tuple[str, Callable[[], bytes], int], tmp_path: Path, out: Path, capsys: Said
) -> None:
    name, content, code = case
    source = tmp_path / name
    source.write_bytes(content())
    assert make_of(source, out) == code
    said = capsys.readouterr().err
    assert said == "" if code == DONE else said.startswith(f"briefing: {source}")
    assert "Traceback" not in said
    assert sorted(path.name for path in out.iterdir()) == ["page.json", "page.pdf", "sources.jsonl"]
    assert_whole(out / "page.pdf")
    assert briefing("verify", out / "page.json", "--sources", out / "sources.jsonl") == DONE


@examples("name, words")
def test_what_holds_nothing_to_read_gives_one_line(
    name: str, words: str, tmp_path: Path, out: Path, capsys: Said
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "a.xlsx").write_bytes(b"PK")
    (tmp_path / "odd" / ".hidden.txt").write_bytes(article(TEXT))
    assert make_of(tmp_path / name, out) == FAILED
    assert_one_line(capsys.readouterr().err, holds=words)
    assert_untouched(out)


def test_an_address_and_bytes_give_a_line(out: Path, capsys: Said) -> None:
    assert make_of(Path("none\udcff\n.txt"), out) == FAILED
    assert_one_line(capsys.readouterr().err, holds="cannot be opened")
    assert briefing("make", "http://127.0.0.1/1", "-o", out / "page.pdf") == FAILED
    assert_one_line(capsys.readouterr().err, holds="127.0.0.1 is not a public address")
    assert_untouched(out)
