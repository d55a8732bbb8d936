import json
import re
from html import unescape
from itertools import chain
from pathlib import Path

import pytest

from briefing.app.publish import publish
from briefing.core.model import OTHER, Item
from briefing.press.readback import read_back
from briefing.settings import load
from briefing.setup.news import publish_plan
from briefing.setup.parts import classifier, recipe
from briefing.store import documents
from tests.newsday import report
from tests.publishing import SOURCE
from tests.store.ready import act
from tests.web.admin.climate import CLIMATE, collect
from tests.web.admin.sessions import Seated
from tests.web.served import NOW, Served, title

LIST = "/admin/settings/lists/sections"
PATH = f"{LIST}/climate"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "briefing.toml"
    path.write_text('name = "World Desk"\n', encoding="utf-8")
    return path


def paste(session: Seated, *sentences: str, belongs: str = "yes") -> str:
    fields = {"do": "paste", "sentences": "\r\n".join(sentences), "belongs": belongs}
    answer = session.post(PATH, fields)
    return answer.headers.get("location") or answer.text


def press(session: Seated, do: str, **fields: object) -> str:
    shown = session.get(PATH).text
    hidden = dict(re.findall('name="(seen|model)" value="([^"]*)"', shown))
    answer = session.post(PATH, {"do": do, **hidden, **fields})
    return answer.headers.get("location") or answer.text


def examples(file: Path) -> list[dict[str, str]]:
    path = file.parent / "sections" / "climate.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_sentences_are_kept_as_the_command_reads_them(session: Seated, file: Path) -> None:
    answer = session.get(PATH)
    assert title(answer) == "Teach climate"
    assert "Training needs at least 10" in answer.text
    assert paste(session, f"  {CLIMATE[0]} ", "", CLIMATE[1], CLIMATE[1]).endswith("message=kept")
    assert paste(session, CLIMATE[1], belongs="no").endswith("message=kept")
    assert examples(file) == [
        {"text": CLIMATE[0], "section": "climate"},
        {"text": CLIMATE[1], "section": OTHER},
    ]
    assert "Sentences, 1 belonging here, 1 not" in session.get(PATH).text
    assert [act.about for act in session.acts()] == ["climate: 1", "climate: 2"]
    assert press(session, "forget", sentence=CLIMATE[0]).endswith("message=forgotten")
    assert press(session, "forget", sentence="never said").endswith("message=forgotten")
    assert [row["text"] for row in examples(file)] == [CLIMATE[1]]


def test_too_few_or_no_sentences_are_told_and_nothing_chosen_changes_nothing(
    session: Seated, file: Path
) -> None:
    for sentence, told in (("Too short.", "not a sentence"), ("word " * 400, "at most 1,000")):
        text = paste(session, CLIMATE[0], sentence)
        assert told in text
        assert CLIMATE[0] in unescape(text)
    assert not (file.parent / "sections").exists()
    assert paste(session, " ").endswith("message=none")
    assert press(session, "pick").endswith("message=none")
    assert press(session, "answer", doubt0="yes").endswith("message=none")
    assert not session.acts()
    paste(session, *CLIMATE[:9])
    assert "9 examples; training needs at least 10" in press(session, "train")
    paste(session, *CLIMATE[:12])
    assert "0 counterexamples; training needs at least 10" in press(session, "train")
    assert "no trained model to accept" in press(session, "accept")


def test_a_taught_section_is_told_by_its_model(session: Seated, web: Served, file: Path) -> None:
    collect(web)
    paste(session, *CLIMATE[:30])
    assert press(session, "train") == f"{PATH}?message=trained"
    text = session.get(PATH).text
    assert "Precision" in text
    assert "30 sentences that belong here" in text
    doubts = re.findall("<legend>([^<]*)</legend>\n<label><input type=.radio. name=.doubt", text)
    assert doubts
    assert press(session, "answer", doubt0="no") == f"{PATH}?message=trained"
    assert {"text": unescape(doubts[0]), "section": OTHER} in examples(file)
    before = file.read_text(encoding="utf-8")
    assert press(session, "accept") == f"{LIST}?message=accepted"
    assert before in file.read_text(encoding="utf-8")
    settings = load(file)
    assert [one.name for one in settings.sections] == [
        "economy",
        "security",
        "diplomacy",
        "climate",
    ]
    tell = classifier(settings)
    rows = tell([*CLIMATE[30:], "The bank raised the interest on its loans by half a point."])
    assert sum(max(row, key=lambda name: row[name]) == "climate" for row in rows) >= 4
    assert max(rows[-1], key=lambda name: rows[-1][name]) == "economy"
    assert recipe(settings).manifest["model of climate"].startswith("sha256 ")
    whats = [act.what for act in session.acts()]
    assert whats[:2] == ["accept model", "change setting"]
    assert "train section" in whats
    assert "the model sections/climate." in session.get(PATH).text


def test_only_what_was_seen_is_accepted(session: Seated, web: Served, file: Path) -> None:
    collect(web)
    paste(session, *CLIMATE[:20])
    press(session, "train")
    # A discarded model leaves the sentences.
    assert press(session, "discard") == f"{PATH}?message=discarded"
    assert [one.name for one in (file.parent / "sections").iterdir()] == ["climate.jsonl"]
    press(session, "train")
    looked_at = re.findall('name="model" value="([0-9a-f]{64})"', session.get(PATH).text)
    assert len(looked_at) == 2
    paste(session, *CLIMATE[20:30])
    press(session, "train")
    before, given = file.read_bytes(), examples(file)
    refused = press(session, "accept", model=looked_at[0])
    assert "another model was trained in the meantime" in refused
    refused = press(session, "answer", model=looked_at[1], doubt0="yes")
    assert "trained again in the meantime" in refused
    assert (file.read_bytes(), examples(file)) == (before, given)
    assert press(session, "accept") == f"{LIST}?message=accepted"


@pytest.mark.slow
def test_a_page_is_printed_with_what_was_taught(session: Seated, web: Served, file: Path) -> None:
    """From the sentences that a person pastes to the sheet of paper."""
    file.write_text('name = "World Desk"\n[publish]\noldest_hours = 0\n', encoding="utf-8")
    collect(web)
    paste(session, *CLIMATE[:30])
    press(session, "train")
    assert press(session, "accept") == f"{LIST}?message=accepted"
    unseen = report("dam", ("Korr looks ahead", " ".join(CLIMATE[30:])))
    act(
        web.store,
        documents.keep,
        Item(unseen, keys=("url dam",), from_page=True),
        source=SOURCE,
        at=NOW,
    )
    publish(web.store, publish_plan(load(file)), day=NOW.date(), now=NOW)
    text = re.sub(r"\s+", "", read_back(web.get(f"/{NOW.date()}.pdf").content).text)
    of_section = {
        section["name"]: [
            sentence["text"] for brief in section["briefs"] for sentence in brief["sentences"]
        ]
        for section in web.get(f"/{NOW.date()}.json").json()["sections"]
    }
    # Of the reports on one matter, which are a story, any may be printed.
    taught = set(CLIMATE)
    assert set(of_section.pop("climate")) & taught
    assert not set(chain.from_iterable(of_section.values())) & taught
    assert any(re.sub(r"\s+", "", sentence) in text for sentence in taught)


def test_no_other_name_has_a_page_and_a_broken_file_of_examples_is_told(
    session: Seated, file: Path
) -> None:
    for name in ("..", "%2e%2e", "Climate", "other", "a.b", "a" * 31):
        answer = session.get(f"{LIST}/{name}")
        assert answer.status_code in {303, 404} or title(answer) != f"Teach {name}"
    paste(session, CLIMATE[0])
    (file.parent / "sections" / "climate.jsonl").write_text("{", encoding="utf-8")
    answer = session.get(PATH)
    assert answer.status_code == 422
    assert "cannot be read as examples" in answer.text
