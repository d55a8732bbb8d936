"""Labels of sections, speakers and watch-lists in every format of an edition."""

from __future__ import annotations

import html
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from io import BytesIO

import docx
import pytest

from briefing.core import record
from briefing.core.model import (
    Brief,
    CorrectionBrief,
    CorrectionKind,
    Edition,
    Evidence,
    Kind,
    Letterhead,
    Scale,
    Score,
    Section,
    Sentence,
    WatchHit,
)
from briefing.core.page.fit import fit
from briefing.press import theme as themes
from briefing.press.epub import page_epub
from briefing.press.html import screen_html
from briefing.press.letter import letter_parts
from briefing.press.markdown import page_markdown
from briefing.press.measure import Press
from briefing.press.panel import watched_view
from briefing.press.readback import missing, read_back, squeezed
from briefing.press.reasons import why_facts, why_text
from briefing.press.text import page_text
from briefing.press.theme import Theme
from briefing.press.view import draft_view, view
from briefing.press.word import page_word
from briefing.settings import Settings
from briefing.setup.parts import theme as theme_of
from tests.fakes import document, draft, named_story, naming
from tests.press.test_view import edition_of

LABEL = "Trade & the cost of a <b>life</b>"


@pytest.fixture(scope="module")
def labeled(edition: Edition) -> Edition:
    names = tuple(section.name for section in edition.sections)
    return replace(edition, letterhead=Letterhead(labels=tuple((name, LABEL) for name in names)))


def test_a_label_stands_in_the_place_of_the_class_which_stays_the_key(
    labeled: Edition, theme: Theme
) -> None:
    escaped = LABEL.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    letter = letter_parts(labeled, theme=theme)
    for page in (screen_html(labeled, theme=theme), letter.html):
        assert escaped in page
        assert LABEL not in page
    assert LABEL.upper() in letter.text
    assert LABEL.upper() in page_text(labeled, theme=theme)
    facts = json.loads(record.write(labeled))
    names = [section.name for section in labeled.sections]
    assert [section["name"] for section in facts["sections"]] == names
    assert facts["letterhead"] == {"labels": [[name, LABEL] for name in names]}
    only = record.read(record.write(replace(labeled, only=tuple(names[:1]))), name="own").edition
    assert view(only).ledger.startswith(f"Page of {LABEL}. ")


def test_a_section_that_a_story_touches_is_named_by_its_label(labeled: Edition) -> None:
    top = labeled.top
    assert top is not None
    name = labeled.sections[0].name
    touched = replace(top, touches=(name,))
    sections = tuple(
        replace(
            section, briefs=tuple(touched if brief == top else brief for brief in section.briefs)
        )
        for section in labeled.sections
    )
    page = view(replace(labeled, sections=sections))
    assert page.top is not None
    assert f"also {LABEL}" in page.top.counts  # so long that it may be broken


def test_words_that_matched_are_recorded_and_told(edition: Edition) -> None:
    story = next(edition.briefs()).story
    evidence = Evidence((), {"climate": 1.0}, Score(1.0, {}), ())
    matches = (("emissions", "climate", 2.0), ("carbon price", "climate", 1.0))
    told = replace(edition, evidence={story: replace(evidence, matches=matches)})
    back = record.read(record.write(told), name="x").edition
    assert back.evidence[story].matches == matches
    assert "words of climate: emissions (2), carbon price (1)" in re.sub(
        r"\s+", " ", why_text(back, story)
    )
    assert why_facts(back, story)["matches"] == [list(match) for match in matches]
    assert '"matches"' not in record.write(edition)


#: As hostile as a publisher can be.
SPEAKER = "Sec. O’Lind <Port & Sea>"


def _of_party(brief: Brief) -> Brief:
    return replace(brief, sentences=tuple(replace(one, speaker=SPEAKER) for one in brief.sentences))


@pytest.fixture(scope="module")
def said(edition: Edition) -> Edition:
    """An edition of nothing but words of a party, with a correction of some."""
    sections = tuple(
        replace(
            section,
            briefs=tuple(map(_of_party, section.briefs)),
        )
        for section in edition.sections
    )
    (first, *_), noticed = sections[0].briefs[0].sentences, datetime(2026, 3, 12, tzinfo=UTC)
    correction = CorrectionBrief(
        CorrectionKind.CHANGED, first, first, edition.id, edition.day, noticed
    )
    return replace(edition, sections=sections, corrections=(correction,))


def words(markup: str) -> str:
    """Return what markup says."""
    return " ".join(html.unescape(re.sub("<[^>]*>", "", markup)).split())


def _epub(edition: Edition, theme: Theme) -> str:
    with zipfile.ZipFile(BytesIO(page_epub(edition, theme=theme))) as packed:
        return words(packed.read("EPUB/page.xhtml").decode())


def _word(edition: Edition, theme: Theme) -> str:
    file = docx.Document(BytesIO(page_word(edition, theme=theme)))
    return " ".join(" ".join(one.text.split()) for one in file.paragraphs)


def _markdown(edition: Edition, theme: Theme) -> str:
    return re.sub(r"\*\*|\\", "", page_markdown(edition, theme=theme))


FORMS: dict[str, Callable[[Edition, Theme], str]] = {
    "screen": lambda edition, theme: words(screen_html(edition, theme=theme)),
    "mail": lambda edition, theme: words(letter_parts(edition, theme=theme).html),
    "mail as text": lambda edition, theme: letter_parts(edition, theme=theme).text,
    "text": lambda edition, theme: page_text(edition, theme=theme),
    "markdown": _markdown,
    "word": _word,
    "epub": _epub,
}


@pytest.mark.parametrize("form", FORMS)
def test_each_sentence_of_a_party_has_its_speaker_before_it(
    said: Edition, edition: Edition, theme: Theme, form: str
) -> None:
    text = " ".join(FORMS[form](said, theme).split())
    corrected = [one.old for one in said.corrections] * 2
    for sentence in (*said.sentences(), *corrected):
        assert f"{SPEAKER}: {sentence.text}" in text
    assert text.count(f"{SPEAKER}: ") == len([*said.sentences()]) + len(corrected)
    assert SPEAKER not in FORMS[form](edition, theme)


@pytest.mark.parametrize("make", [themes.classic, themes.memo, themes.large])
def test_the_page_has_room_for_the_speakers_in_every_theme(
    make: Callable[[], Theme],
) -> None:
    theme, paper = make(), draft(6)
    top, *briefs = (
        replace(one, lengths=tuple(map(_of_party, one.lengths)))
        for one in (paper.top, *paper.briefs)
    )
    paper = replace(paper, top=top, briefs=tuple(briefs))
    press = Press(theme, theme.paper("A4"))
    fitted = fit(paper, press).edition
    printed = read_back(press.print(fitted))
    assert missing(fitted, printed) == ()
    text = squeezed(printed.text)
    for sentence in fitted.sentences():
        assert squeezed(f"{SPEAKER}: {sentence.text}") in text


def test_the_title_of_a_party_is_never_without_its_publisher(theme: Theme) -> None:
    party = replace(document(31, title="Fleet Inspected", publisher="Navy (Sund)"), kind=Kind.STATE)
    press = Press(theme, theme.paper("A4"))
    fitted = fit(naming(draft(12), party, document(32, title="Fog in Sund")), press).edition
    assert fitted.setting.scale in {Scale.NORMAL, Scale.HEAVY}
    panel = view(fitted).panel
    assert panel is not None
    assert [(item.publisher, item.party) for item in panel.also] == [
        ("Navy", True),
        ("Wire Meridian", False),
    ]
    text = squeezed(read_back(press.print(fitted)).text)
    assert re.search(r"FleetInspected\[\d+\]Navy", text)
    assert re.search(r"FoginSund\[\d+\](?!WireMeridian)", text)


def test_the_record_keeps_the_speaker_and_the_digest_covers_it(said: Edition) -> None:
    written = json.loads(record.write(said))
    first = written["sections"][0]["briefs"][0]["sentences"][0]
    assert first["speaker"] == SPEAKER
    again = record.read(record.write(said), name="x").edition
    assert [one.speaker for one in again.sentences()] == [SPEAKER] * len([*said.sentences()])
    forged = record.write(said).replace(SPEAKER, "Nobody")
    assert not record.read(forged, name="x").intact


THEME = theme_of(Settings())


def hits(*entries: str, list: str = "south", label: str = "The South") -> tuple[WatchHit, ...]:
    words = Sentence("d1", 0, 7, "Nambuda")
    return tuple(WatchHit(list, label, entry, words, pull=True) for entry in entries)


def watching(*entries: str, named: Sequence[str] = ()) -> Edition:
    """Return an edition with one brief and one named story that name entries."""
    edition = edition_of(("economy", (1,)))
    told = replace(edition.sections[0].briefs[0], watched=hits(*entries))
    also = replace(named_story(document(2)), watched=hits(*named))
    return replace(
        edition,
        lists={"south": "The South", "north": "The North"},
        sections=(Section("economy", (told,)),),
        panel=replace(edition.panel, also=(also,)),
        documents={**edition.documents, "d2": document(2)},
    )


def test_the_labels_stand_behind_the_counts() -> None:
    page = view(watching("Nambuda", "Brenn"))
    only = page.bands[0].columns[0][0]
    assert only.notes.replace("\u00a0", " ").endswith("watched: The South")
    assert "watched" not in only.counts
    assert only.strength.endswith("watched:\u00a0The\u00a0South")
    assert view(watching()).bands[0].columns[0][0].notes == only.counts
    lists = {name: name.upper() for name in "abcde"}
    every = tuple(hit for name in "abcdef" for hit in hits("x", "y", list=name))
    brief = draft(2).briefs[0].lengths[0]
    many = watched_view(replace(brief, watched=every), lists)
    assert many.words == "watched: A, B, C and 2 more"
    assert many.names == (("A", "a"), ("B", "b"), ("C", "c"))
    assert watched_view(replace(brief, watched=hits("x", list="f")), lists).words == ""
    paper = draft(2)
    paper = replace(paper, edition=replace(paper.edition, lists={"south": "The South"}))
    marked = tuple(replace(one, watched=hits("Nambuda")) for one in paper.briefs[0].lengths)
    measured = draft_view(
        replace(paper, briefs=(replace(paper.briefs[0], lengths=marked), *paper.briefs[1:]))
    )
    assert "watched" in measured.briefs[0][0].notes
    assert [one.notes for one in measured.heads] == ["", ""]


def test_every_form_has_the_same_words() -> None:
    edition = watching("Nambuda", named=("Brenn",))
    also = replace(edition.panel.also[0], watched=hits("Brenn", list="north"))
    edition = replace(edition, panel=replace(edition.panel, also=(also,)))
    word = docx.Document(BytesIO(page_word(edition, theme=THEME)))
    letter = letter_parts(edition, theme=THEME)
    book = zipfile.ZipFile(BytesIO(page_epub(edition, theme=THEME)))
    forms = {
        "screen": screen_html(edition, theme=THEME),
        "text": page_text(edition, theme=THEME),
        "mail": letter.html,
        "mail as text": letter.text,
        "markdown": page_markdown(edition, theme=THEME),
        "epub": book.read("EPUB/page.xhtml").decode(),
        "word": "\n".join(one.text for one in word.paragraphs),
    }
    for name, form in forms.items():
        plain = re.sub(r"\s+", " ", unescape(form))
        assert plain.count("watched: The South") == 1, name
        assert plain.count("watched: The North") == 1, name
        assert not {"Nambuda", "Brenn"} & {*plain.split()}, name


def test_the_public_record_has_the_names_of_offered_lists_alone() -> None:
    edition = watching("Nambuda", "Brenn", named=("Brenn",))
    brief = edition.sections[0].briefs[0]
    mixed = replace(brief, watched=(*hits("Nambuda", list="own", label="Own"), *brief.watched))
    edition = replace(edition, sections=(Section("economy", (mixed,)),))
    back = record.read(record.write(record.public(edition)), name="public").edition
    (told,), (also,) = back.sections[0].briefs, back.panel.also
    assert (told.watched, told.lists) == (also.watched, also.lists) == ((), ("south",))
    shown = [view(one).bands[0].columns[0][0].notes for one in (edition, back)]
    assert shown[0] == shown[1]
    assert "The South" in shown[0].replace("\u00a0", " ")


@pytest.mark.parametrize("name", ["<b>x</b>", "[x](http://x.example)", "a*b_c`d"])
def test_a_label_is_text_whatever_it_looks_like(name: str) -> None:
    edition = replace(watching("Nambuda"), lists={"south": name})
    assert "<b>x</b>" not in screen_html(edition, theme=THEME)
    assert "<b>x</b>" not in letter_parts(edition, theme=THEME).html
    assert f"watched: {name}" not in page_markdown(edition, theme=THEME).replace("\u00a0", " ")


def test_why_names_the_list_the_words_and_where_they_stand() -> None:
    edition = watching("Nambuda", "Brenn")
    (first, second) = next(edition.briefs()).watched
    other = replace(second, titled=True, pull=False)
    briefs = (replace(next(edition.briefs()), watched=(first, other)),)
    evidence = {"s1": Evidence((), {}, Score(1.0), ())}
    told = replace(edition, sections=(Section("economy", briefs),), evidence=evidence)
    text = why_text(told, "s1").replace("\n    ", " ")
    assert (
        "watched: Nambuda (list south; it pulls stories in), 'Nambuda' in d1, characters 0 to 7"
        in text
    )
    assert "watched: Brenn (list south), 'Nambuda' in d1, title" in text
    facts = why_facts(told, "s1")["watched"]
    assert [one["entry"] for one in facts] == ["Nambuda", "Brenn"]
    assert "watched" not in why_facts(
        replace(edition_of(("economy", (1,))), evidence=evidence), "s1"
    )


LISTS = {"banks": "Central banks", "africa": "Africa"}


def test_what_readers_may_choose_and_chose_comes_back_from_json(edition: Edition) -> None:
    own = replace(edition, lists=LISTS, only=("economy",), only_lists=("africa",))
    back = record.read(record.write(own), name="own").edition
    assert [*back.lists.items()] == [*LISTS.items()]
    assert (back.only, back.only_lists) == (("economy",), ("africa",))
    assert view(back).ledger.startswith("Page of economy, watch-list Africa. ")
    assert view(back).number.endswith(", 1 section, 1 watch-list")
    alone = replace(back, only=())
    assert view(alone).ledger.startswith("Page of watch-list Africa. ")
    assert view(alone).number == f"{edition.number}, 1 watch-list"
    assert "lists" not in record.write(edition)
