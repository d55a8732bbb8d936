"""The commands that show what was followed over weeks and watched for, and correct it."""

import json
from pathlib import Path

import pytest

from briefing.cli import DONE, FAILED, WRONG_USE, run
from tests.newsday import STRAIT, STRAIT_NEXT, TODAY, YESTERDAY
from tests.publishing import SETTINGS, open_at, publish_both, show_merge
from tests.small_day import Said


@pytest.fixture
def config(tmp_path: Path) -> str:
    """Return the settings file of a desk with the editions of two days."""
    store = open_at(tmp_path)
    publish_both(store)
    store.close()
    path = tmp_path / "briefing.toml"
    web = '[web]\naddress = "https://briefing.example"\n'
    path.write_text(f'name = "Ostra Desk"\n{SETTINGS}{web}', encoding="utf-8")
    return str(path)


def told(
    capsys: Said, config: str, *words: str, code: int = DONE, command: str = "saga"
) -> tuple[str, str]:
    assert run([command, *words, "--config", config]) == code
    return capsys.readouterr()


def test_lists_the_sagas_and_shows_one_and_says_the_same_as_json(config: str, capsys: Said) -> None:
    assert told(capsys, config)[0] == f"s1    {YESTERDAY} to {TODAY}  {STRAIT_NEXT[0]}\n"
    out, _ = told(capsys, config, "s1")
    first, *rows = out.splitlines()
    assert first == f"s1: day 2, since {YESTERDAY}"
    assert [
        row.startswith(f"{day}  day") for row, day in zip(rows, (YESTERDAY, TODAY), strict=True)
    ]
    assert STRAIT[0] in rows[0]
    assert "NOT AS STORED" not in out
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


def test_what_cannot_be_done_is_told_in_one_line(config: str, capsys: Said) -> None:
    refused: list[tuple[tuple[str, ...], int, str]] = [
        (("s9",), FAILED, "no such saga"),
        (("s1", "--join-to", "s9"), FAILED, "no such saga"),
        (("s1", "--join-to", "s1"), WRONG_USE, "one saga already"),
        (("s1", "--part", "2026-01-01"), WRONG_USE, "was not told on 2026-01-01"),
        (("s1", "--part", str(TODAY), "--part", str(YESTERDAY)), WRONG_USE, "not all of them"),
        (("--join-to", "s1"), WRONG_USE, "name one saga"),
        (("s1", "--join-to", "s2", "--part", str(TODAY)), WRONG_USE, "one of --join-to"),
        (("s1", "--join-to", "s2", "--decline", "s2"), WRONG_USE, "one of --join-to"),
        (("--decline", "s1"), WRONG_USE, "name one saga"),
        (("s1", "--decline", "s1"), FAILED, "nothing is proposed of s1"),
    ]
    for words, code, why in refused:
        out, err = told(capsys, config, *words, code=code)
        assert (out, err.count("\n")) == ("", 1)
        assert why in err


def watched(capsys: Said, config: str, *words: str, code: int = DONE) -> tuple[str, str]:
    return told(capsys, config, *words, code=code, command="watch")


def test_what_is_watched_is_listed_and_shown_or_one_line(config: str, capsys: Said) -> None:
    straits, quiet = watched(capsys, config)[0].splitlines()
    assert straits.startswith("straits: ")
    assert straits.endswith(f"last {TODAY}")
    assert quiet == "quiet: 0 stories in 7 days, 0 in 30; never named"
    head, *rows = watched(capsys, config, "straits")[0].splitlines()
    assert head == straits
    days = [row for row in rows if row.startswith("2026")]
    assert [row[:10] for row in days] == [str(TODAY), str(YESTERDAY)]
    assert STRAIT_NEXT[0] in days[0]
    assert "Serrat, Ottar" in days[0]
    assert "NOT AS STORED" not in "".join(days)
    straits, _ = json.loads(watched(capsys, config, "--json")[0])
    assert (straits["name"], straits["label"], straits["active"], straits["last"]) == (
        "straits",
        "The straits",
        True,
        str(TODAY),
    )
    found = json.loads(watched(capsys, config, "straits", "--json")[0])
    assert found.keys() == {*straits, "entries", "stories"}
    assert [one["entry"] for one in found["entries"]] == ["Serrat", "Ottar", "中国"]
    second, first = found["stories"]
    assert (first["date"], first["headline"], first["in"]) == (str(YESTERDAY), STRAIT[0], "text")
    assert first["address"] == f"https://briefing.example/{YESTERDAY}"
    assert first["proved"]
    assert first["publisher"] == "Ostra Courier"
    assert second["entries"] == ["Serrat", "Ottar"]
    assert {"document", "start", "end", "sha256", "edition", "story", "section"} <= first.keys()
    out, err = watched(capsys, config, "nowhere", code=FAILED)
    assert (out, err.count("\n")) == ("", 1)
    assert "no watch-list 'nowhere'; there are straits, quiet" in err


def test_without_any_it_says_so(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "briefing.toml"
    path.write_text('name = "Ostra Desk"\n')
    assert watched(capsys, str(path))[0].startswith("no watch-list; add one to briefing.toml")
    assert told(capsys, str(path))[0] == "no story has continued from one edition to another yet\n"
