"""The command that shows what is watched for."""

import json
from pathlib import Path

import pytest

from briefing.cli import DONE, FAILED, run
from tests.newsday import STRAIT, STRAIT_NEXT, TODAY, YESTERDAY
from tests.publishing import SETTINGS, open_at, publish_both

Said = pytest.CaptureFixture[str]


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


def told(capsys: Said, config: str, *words: str, code: int = DONE) -> tuple[str, str]:
    assert run(["watch", *words, "--config", config]) == code
    return capsys.readouterr()


def test_lists_the_lists_and_shows_one(config: str, capsys: Said) -> None:
    out, _ = told(capsys, config)
    straits, quiet = out.splitlines()
    assert straits.startswith("straits: ")
    assert straits.endswith(f"last {TODAY}")
    assert quiet == "quiet: 0 stories in 7 days, 0 in 30; never named"
    head, *rows = told(capsys, config, "straits")[0].splitlines()
    assert head == straits
    days = [row for row in rows if row.startswith("2026")]
    assert [row[:10] for row in days] == [str(TODAY), str(YESTERDAY)]
    assert STRAIT_NEXT[0] in days[0]
    assert "Serrat, Ottar" in days[0]
    assert "NOT AS STORED" not in "".join(days)


def test_says_the_same_as_json(config: str, capsys: Said) -> None:
    straits, _ = json.loads(told(capsys, config, "--json")[0])
    assert (straits["name"], straits["label"], straits["active"], straits["last"]) == (
        "straits",
        "The straits",
        True,
        str(TODAY),
    )
    found = json.loads(told(capsys, config, "straits", "--json")[0])
    assert found.keys() == {*straits, "entries", "stories"}
    assert [one["entry"] for one in found["entries"]] == ["Serrat", "Ottar", "中国"]
    second, first = found["stories"]
    assert (first["date"], first["headline"], first["in"]) == (str(YESTERDAY), STRAIT[0], "text")
    assert first["address"] == f"https://briefing.example/{YESTERDAY}"
    assert first["proved"]
    assert first["publisher"] == "Ostra Courier"
    assert second["entries"] == ["Serrat", "Ottar"]
    assert {"document", "start", "end", "sha256", "edition", "story", "section"} <= first.keys()


def test_of_no_such_list_there_is_one_line(config: str, capsys: Said) -> None:
    out, err = told(capsys, config, "nowhere", code=FAILED)
    assert (out, err.count("\n")) == ("", 1)
    assert "no watch-list 'nowhere'; there are straits, quiet" in err


def test_without_any_it_says_so(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "briefing.toml"
    path.write_text('name = "Ostra Desk"\n')
    assert told(capsys, str(path))[0].startswith("no watch-list; add one to briefing.toml")
