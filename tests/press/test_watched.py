"""What is watched stands at the end of a story, in every form of an edition, and in `why`."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from io import BytesIO

import docx
import pytest

from briefing.core import record
from briefing.core.model import Edition, Evidence, Score, Section, Sentence, WatchHit
from briefing.press.epub import page_epub
from briefing.press.letter import letter_parts
from briefing.press.markdown import page_markdown
from briefing.press.reasons import why_facts, why_text
from briefing.press.screen import screen_html
from briefing.press.text import page_text
from briefing.press.view import draft_view, view
from briefing.press.watched import watched_view
from briefing.press.word import page_word
from briefing.setup.parts import theme as theme_of
from briefing.setup.settings import Settings
from tests.fakes import document, draft, named_story
from tests.press.test_view import edition_of

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


def test_many_lists_are_counted_and_what_is_not_offered_is_not_said() -> None:
    lists = {name: name.upper() for name in "abcde"}
    every = tuple(hit for name in "abcdef" for hit in hits("x", "y", list=name))
    brief = draft(2).briefs[0].lengths[0]
    many = watched_view(replace(brief, watched=every), lists)
    assert many.words == "watched: A, B, C and 2 more"
    assert many.names == (("A", "a"), ("B", "b"), ("C", "c"))
    assert watched_view(replace(brief, watched=hits("x", list="f")), lists).words == ""


def test_the_head_of_a_brief_is_measured_without_them() -> None:
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
