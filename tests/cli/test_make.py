import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from briefing.cli import DONE, FAILED, IN_PART, WRONG_USE
from briefing.core.language import Language
from briefing.core.record import SCHEMA
from tests.examples import examples
from tests.small_day import (
    DAY,
    RATE,
    Said,
    assert_whole,
    briefing,
    later,
    make_all,
    refused,
    told,
    write_lines,
)

pytestmark = [pytest.mark.usefixtures("elsewhere"), pytest.mark.paper]

#: The console script beside this Python, and how long one call may take on a busy machine.
SCRIPT = Path(sys.executable).with_name("briefing")
SECONDS = 120
ROOT = Path(__file__).parents[2]
KINDS = ("page.html", "page.json", "page.pdf", "page.txt", "sources.jsonl")
OWN_WORDS = """\
name = "Harbor Desk"
classifier = "keywords"
[[sections]]
name = "money"
words = ["interest rate", "inflation", "currency"]
[[sections]]
name = "sea"
words = ["mines", "shipping lane"]
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def sentences(edition: Any) -> list[str]:  # noqa: ANN401  JSON
    return [
        sentence["text"]
        for section in edition["sections"]
        for brief in section["briefs"]
        for sentence in brief["sentences"]
    ]


def test_make_writes_every_kind_it_is_asked_for(made: Path) -> None:
    assert names(made) == sorted((*KINDS, "day.jsonl"))
    assert_whole(made / "page.pdf")
    edition = json.loads((made / "page.json").read_text(encoding="utf-8"))
    assert edition["schema"] == SCHEMA
    assert edition["id"] == "briefing/2026-03-11"
    printed = sentences(edition)
    assert len(printed) >= len(DAY)
    source = json.loads((made / "sources.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert set(source) >= frozenset("id url source title published text".split())
    screen = (made / "page.html").read_text(encoding="utf-8")
    plain = " ".join((made / "page.txt").read_text(encoding="utf-8").split())
    assert "2026" in screen
    for text in printed:
        assert " ".join(text.split()[:5]) in plain


def test_the_closing_line_says_what_came_of_it(day: Path, tmp_path: Path, capsys: Said) -> None:
    out, err = told(capsys, "make", day, "-o", "new/page.pdf", "--json", "page.json")
    ledger = json.loads((tmp_path / "page.json").read_text(encoding="utf-8"))["ledger"]
    assert err == ""
    assert out.startswith(f"new/page.pdf: 4 reports, {ledger['stories']} stories, ")
    assert f" printed with {ledger['sentences_printed']} sentences; " in out
    assert "; 0 reports left out; page " in out
    assert "% full (" in out
    assert out.count("\n") == 1


def test_the_same_input_gives_the_same_bytes_in_every_process_and_on_standard_input(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here.pdf"
    kinds = ("--html", "page.html", "--text", "page.txt", "--json", "page.json")
    done = subprocess.run(  # noqa: S603  our own script
        [SCRIPT, "make", made / "day.jsonl", "-o", "page.pdf", *kinds],
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": "20260311", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert (done.returncode, done.stderr) == (DONE, "")
    assert "4 reports" in done.stdout
    raw = io.BytesIO((made / "day.jsonl").read_bytes())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(raw, encoding="utf-8"))
    assert briefing("make", "-", "-o", here) == DONE
    assert here.read_bytes() == (made / "page.pdf").read_bytes()
    for name in ("page.pdf", *kinds[1::2]):
        assert (tmp_path / name).read_bytes() == (made / name).read_bytes()


def test_a_week_of_editions_says_what_moved_on(made: Path, tmp_path: Path, capsys: Said) -> None:
    other = {**DAY[0], "id": "ferry", "title": "Ferry crews of Kalvik win a sixth more", "text": (
        "Wages of the ferry crews of Kalvik will grow by a sixth in May, their union said. Prices "
        "of tickets stay where they are until December, the owners of both ferries said. Three "
        "late sailings a week will end, and two old hulls are to be sold to a yard abroad. Crews "
        "had asked for a fifth more after a winter in which bread and fuel had become dearer."
    )}  # fmt: skip
    next_day = write_lines(tmp_path / "next.jsonl", later([other], day="2026-03-12"))
    assert make_all(tmp_path, next_day, "--previous", made / "page.json") == DONE
    middle = (tmp_path / "page.json").rename(tmp_path / "middle.json")
    news = {**RATE, "title": "Parliament of Ostra debates the key rate of its bank", "text": (
        "The central bank of Ostra must explain its key interest rate of 4.5 per cent to members "
        "of parliament on Friday, after banks cut their credit to builders. Two parties want its "
        "charter changed, so that jobs count as much as the inflation target does. Governor Ilse "
        "Brandt will be heard first, and the owners of building firms in the afternoon."
    )}  # fmt: skip
    day = write_lines(tmp_path / "third.jsonl", later([news], day="2026-03-13"))
    capsys.readouterr()
    assert make_all(tmp_path, day, "--previous", made / "page.json", "--previous", middle) == DONE
    after = json.loads((tmp_path / "page.json").read_text(encoding="utf-8"))
    assert after["since"] == "2026-03-12"
    (brief,) = after["sections"][0]["briefs"]
    assert (brief["status"], brief["earlier"]["title"]["text"]) == ("developing", RATE["title"])
    assert brief["earlier"]["date"] == "2026-03-11"
    name = brief["earlier"]["title"]["document"]
    before = json.loads((made / "page.json").read_text(encoding="utf-8"))
    assert after["documents"][name] == before["documents"]["rate"]
    capsys.readouterr()
    assert briefing("verify", "page.json", "--sources", "sources.jsonl") == DONE
    sources = (tmp_path / "sources.jsonl").read_text(encoding="utf-8")
    forged = sources.replace(RATE["title"], "Central bank of Ostra resigns")
    (tmp_path / "sources.jsonl").write_text(forged, encoding="utf-8")
    assert briefing("verify", "page.json", "--sources", "sources.jsonl") == FAILED
    assert "its source has another title" in capsys.readouterr().err


@examples("words, said")
def test_wrong_words_are_told_before_anything_is_written(
    words: tuple[str, ...], said: str, day: Path, tmp_path: Path, capsys: Said
) -> None:
    before = day.read_bytes()
    assert said in refused(capsys, "make", day, "-o", "p.pdf", *words)
    assert names(tmp_path) == ["day.jsonl"]
    assert day.read_bytes() == before


@pytest.mark.parametrize("words", [("make",), ("make", "day.jsonl"), ("fly",)])
def test_a_call_that_lacks_a_word_names_the_help(words: tuple[str, ...], capsys: Said) -> None:
    assert "see `briefing --help`" in refused(capsys, *words)


def test_the_day_and_the_paper_can_be_given(made: Path, day: Path, tmp_path: Path) -> None:
    given = "--json p.json --date 2026-03-13 --paper letter".split()
    assert briefing("make", day, "-o", "p.pdf", *given) == DONE
    assert json.loads(Path("p.json").read_text(encoding="utf-8"))["date"] == "2026-03-13"
    assert_whole(tmp_path / "p.pdf")
    sheets = [
        PdfReader(folder).pages[0].mediabox for folder in (tmp_path / "p.pdf", made / "page.pdf")
    ]
    assert [round(sheet.width) for sheet in sheets] == [612, 595]
    assert [round(sheet.height) for sheet in sheets] == [792, 842]


def test_part_of_the_input_may_fail(day: Path, tmp_path: Path, capsys: Said) -> None:
    Path("empty.txt").touch()
    out, err = told(capsys, "make", day, "empty.txt", "none.txt", "-o", "p.pdf", code=IN_PART)
    assert out.startswith("p.pdf: 4 reports")
    assert [line.split(": ")[1] for line in err.splitlines()] == ["empty.txt", "none.txt"]
    assert_whole(tmp_path / "p.pdf")


@pytest.mark.parametrize(
    ("place", "code"),
    [("folder", WRONG_USE), ("", WRONG_USE), ("file/p.pdf", FAILED), ("file/deep/p.pdf", FAILED)],
)
def test_no_page_no_file(place: str, code: int, day: Path, tmp_path: Path, capsys: Said) -> None:
    Path("folder").mkdir()
    Path("file").write_bytes(b"in the way")
    asked = tuple("--json new/p.json --html p.html --save-sources s.jsonl".split())
    assert (place or "''") in refused(capsys, "make", day, "-o", place, *asked, code=code)
    err = refused(capsys, "make", day, "-o", "p.pdf", "--json", place, "--text", "p.txt", code=code)
    assert (place or "''") in err
    assert names(tmp_path) == ["day.jsonl", "file", "folder"]
    assert names(tmp_path / "folder") == []
    assert Path("file").read_bytes() == b"in the way"


def test_settings_are_found_in_the_folder_or_given(day: Path, capsys: Said) -> None:
    Path("own.toml").write_text(OWN_WORDS, encoding="utf-8")
    assert briefing("make", day, "-o", "a.pdf", "--json", "a.json", "--config", "own.toml") == DONE
    Path("own.toml").rename("briefing.toml")
    assert briefing("make", day, "-o", "b.pdf", "--json", "b.json") == DONE
    assert Path("a.json").read_bytes() == Path("b.json").read_bytes()
    edition = json.loads(Path("a.json").read_text(encoding="utf-8"))
    assert edition["id"] == "harbor-desk/2026-03-11"
    assert [section["name"] for section in edition["sections"]][:2] == ["money", "sea"]
    Path("briefing.toml").write_text("nmae = 1\nwindow_hours = 0\n", encoding="utf-8")
    capsys.readouterr()
    err = refused(capsys, "make", day, "-o", "p.pdf")
    assert "line 1: nmae: unknown setting" in err
    assert "line 2: window_hours" in err


def test_a_page_of_another_language_has_no_english_around_it(tmp_path: Path) -> None:
    code, made = "de", tmp_path / "page.html"
    folder = ROOT / "examples" / code
    config = ("--config", folder / "briefing.toml", "--date", "2026-03-12")
    out = ("-o", tmp_path / "page.pdf", "--html", made, "--text", tmp_path / "page.txt")
    assert briefing("make", folder / "2026-03-12", *config, *out) == DONE
    english, own = (Language.of(each).page for each in ("en", code))
    frame = ("creed", "edition", "sources", "ledger", "marks", "unnamed", "nothing_failed")
    shown = re.sub(r"<style>.*?</style>", "", made.read_text(), flags=re.DOTALL)
    shown += (tmp_path / "page.txt").read_text()
    for entry in (*frame, "ahead", "figures", "in_their_words", "also_today", "one_source"):
        word = getattr(english, entry)
        assert word == getattr(own, entry) or word not in shown, entry
    for entry in ("creed", "sources", "ledger"):
        assert getattr(own, entry) in shown
    assert f'<html lang="{code}">' in shown
