"""The command that shows what was followed over weeks, and corrects it."""

import json
from pathlib import Path

import pytest

from briefing.cli import DONE, FAILED, WRONG_USE, run
from tests.newsday import STRAIT, STRAIT_NEXT, TODAY, YESTERDAY
from tests.publishing import Desk, open_at, show_merge

Said = pytest.CaptureFixture[str]


@pytest.fixture
def config(tmp_path: Path) -> str:
    """Return the settings file of a desk with the editions of two days."""
    store = open_at(tmp_path)
    made = Desk(store)
    made.first()
    made.second()
    store.close()
    path = tmp_path / "briefing.toml"
    path.write_text('name = "Ostra Desk"\n[web]\naddress = "https://briefing.example"\n')
    return str(path)


def told(capsys: Said, config: str, *words: str, code: int = DONE) -> tuple[str, str]:
    assert run(["saga", *words, "--config", config]) == code
    return capsys.readouterr()


def test_lists_the_sagas_and_shows_one(config: str, capsys: Said) -> None:
    out, _ = told(capsys, config)
    assert out == f"s1    {YESTERDAY} to {TODAY}  {STRAIT_NEXT[0]}\n"
    out, _ = told(capsys, config, "s1")
    first, *rows = out.splitlines()
    assert first == f"s1: day 2, since {YESTERDAY}"
    assert [
        row.startswith(f"{day}  day") for row, day in zip(rows, (YESTERDAY, TODAY), strict=True)
    ]
    assert STRAIT[0] in rows[0]
    assert "NOT AS STORED" not in out


def test_says_the_same_as_json(config: str, capsys: Said) -> None:
    (line,) = json.loads(told(capsys, config, "--json")[0])
    assert (line["id"], line["since"], line["editions"]) == ("s1", str(YESTERDAY), 2)
    saga = json.loads(told(capsys, config, "s1", "--json")[0])
    assert (saga["id"], saga["joined"], saga["parted"]) == ("s1", [], None)
    first, second = saga["timeline"]
    assert (first["day"], second["day"]) == (1, 2)
    assert first["sentence"]["text"].startswith("Armed patrol boats of Serrat")
    assert first["address"] == f"https://briefing.example/{YESTERDAY}"
    assert first["proved"]
    assert {"edition", "story", "publisher"} <= first.keys()
    assert {"document", "start", "end", "sha256"} <= first["sentence"].keys()


def test_parts_a_day_and_joins_it_again(config: str, capsys: Said) -> None:
    assert told(capsys, config, "s1", "--part", str(TODAY))[0].startswith(
        f"s18: day 1, since {TODAY}"
    )
    assert told(capsys, config, "s18", "--join-to", "s1")[0].startswith("s1: day 2")
    assert told(capsys, config, "s18")[0].startswith("s1: day 2")


def test_says_what_an_editor_may_decide_and_how(config: str, capsys: Said) -> None:
    store = open_at(Path(config).parent)
    show_merge(store)
    store.close()
    for words in ((), ("s1",), ("s2",)):
        out, _ = told(capsys, config, *words)
        assert f"s1 and s2 may be one: on {TODAY} {STRAIT_NEXT[0]}" in out
        assert "briefing saga s2 --join-to s1\n  briefing saga s2 --decline s1\n" in out
    (one,) = json.loads(told(capsys, config, "s2", "--json")[0])["proposals"]
    assert (one["saga"], one["other"], one["date"]) == ("s1", "s2", str(TODAY))
    assert "may be one" not in told(capsys, config, "s1", "--decline", "s2")[0]


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("s9",), FAILED, "no such saga"),
        (("s1", "--join-to", "s9"), FAILED, "no such saga"),
        (("s1", "--join-to", "s1"), WRONG_USE, "one saga already"),
        (("s1", "--part", "2026-01-01"), WRONG_USE, "was not told on 2026-01-01"),
        (("s1", "--part", "x"), WRONG_USE, "not a date"),
        (("s1", "--part", str(TODAY), "--part", str(YESTERDAY)), WRONG_USE, "not all of them"),
        (("--join-to", "s1"), WRONG_USE, "name one saga"),
        (("s1", "--join-to", "s2", "--part", str(TODAY)), WRONG_USE, "one of --join-to"),
        (("s1", "--join-to", "s2", "--decline", "s2"), WRONG_USE, "one of --join-to"),
        (("--decline", "s1"), WRONG_USE, "name one saga"),
        (("s1", "--decline", "s1"), FAILED, "nothing is proposed of s1"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    config: str, capsys: Said, words: tuple[str, ...], code: int, why: str
) -> None:
    out, err = told(capsys, config, *words, code=code)
    assert out == ""
    assert err.count("\n") == 1
    assert why in err


def test_without_any_it_says_so(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "briefing.toml"
    path.write_text('name = "Ostra Desk"\n')
    assert told(capsys, str(path))[0] == "no story has continued from one edition to another yet\n"
