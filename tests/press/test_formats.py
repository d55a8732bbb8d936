import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from briefing.core import record
from briefing.core.model import (
    HEAD_LINES,
    Brief,
    CorrectionBrief,
    CorrectionKind,
    DayCount,
    DeskNote,
    EarlierHeadline,
    Edition,
    Evidence,
    Kind,
    Letterhead,
    Panel,
    Scale,
    Score,
    Sentence,
    WatchHit,
)
from briefing.core.page.fit import fit
from briefing.press import theme as themes
from briefing.press.corrections import AmendedWords
from briefing.press.formats import FORMATS, Format, Rendition
from briefing.press.lines import line_of
from briefing.press.measure import Press
from briefing.press.panel import watched_view
from briefing.press.readback import missing, read_back, squeezed
from briefing.press.reasons import why_facts, why_text
from briefing.press.theme import Theme
from briefing.press.view import draft_view, view
from briefing.press.wording import worded_in
from briefing.settings import Settings
from briefing.setup.parts import theme as theme_of
from tests.examples import examples
from tests.fakes import brief, document, draft, edition_with, named_story, naming
from tests.newsday import with_story
from tests.present import present
from tests.press.shown import FORMS, PRINTED, joined, shown, written
from tests.press.test_corrections import ALL, NOW, WAS
from tests.press.test_view import ONE, first_of

#: As hostile as a publisher can be.
SPEAKER = "Sec. O’Lind <Port & Sea>"


def _of_party(brief: Brief) -> Brief:
    return replace(brief, sentences=tuple(replace(one, speaker=SPEAKER) for one in brief.sentences))


OLD = document(77, title="Council puts off its vote on two berths")
#: Words of every part of a record, some of which are given by the whole edition below.
WORDS: Mapping[str, Callable[[Edition], Iterable[str]]] = {
    "name": lambda edition: [edition.name],
    "dateline": lambda edition: [edition.dateline],
    "letterhead": lambda edition: [
        edition.letterhead.marking,
        *(words for _, words in edition.letterhead.lines),
    ],
    "labels": lambda edition: dict(edition.letterhead.labels).values(),
    "note": lambda edition: [edition.note.text, edition.note.signed] if edition.note else [],
    "passages": lambda edition: [passage.text for passage in edition.passages()],
    "titles": lambda edition: [title.text for title in edition.titles()],
    "speakers": lambda _: [SPEAKER],
    "earlier headlines": lambda _: [OLD.headline],
    "figures": lambda edition: [figure.numeral.text for figure in edition.panel.figures],
    "who is quoted": lambda edition: [quote.speaker.text for quote in edition.panel.quotes],
    "publishers": lambda edition: [own.publisher for own in edition.documents.values()],
}
#: Words that are made of a record.
MADE_OF_IT: Mapping[str, Iterable[str]] = {
    "day": ("Thursday 12 March 2026", "Edition 3"),
    "day line": ("Since Wednesday", "developing", "in brief"),
    "note": ("Note of the desk", "the desk’s own words, not a source’s"),
    "status": ("Developing", "Continuing", "New"),
    "counts": ("one source", "watched: The South"),
    "corrections": ("Corrections", "Printed Tue 10 March", "Withdrawn by its source since"),
    "waiting corrections": ("4 more corrections are due and had no room",),
    "panel": ("Also today", "Ahead", "Mon 23 March", "Figures", "In their words", "“Ostra"),
    "sources": ("Sources", "also reported by", "Morning Post, Evening Post: Quill Group"),
    "ledger": ("Ledger", "Nothing failed"),
    "chart": ("Stories a day",),
}
#: What a format leaves out, as each does for a reason: a mail has no drawings.
LEFT_OUT = {"chart": {"text", "spoken", "mail", "mail as text"}}


@pytest.fixture(scope="module")
def whole(edition: Edition) -> Edition:
    """An edition with every part that a record can have."""
    first, *others = edition.sections
    top, second, *briefs = first.briefs
    stands = replace(top.sentences[0], text="No other sentence says this.")
    top = replace(top, sentences=(stands, *top.sentences[1:]))
    hit = WatchHit("south", "The South", "x", Sentence("d1", 0, 1, "x"), pull=True)
    title = Sentence(OLD.id, 0, len(OLD.headline), OLD.headline)
    earlier = EarlierHeadline("ostra-desk/2026-03-11", edition.day - timedelta(days=1), title)
    second = replace(_of_party(second), watched=(hit,), publishers=1, earlier=earlier)
    owned = zip(edition.documents, ("Morning Post", "Evening Post"), strict=False)
    documents = {**edition.documents, OLD.id: OLD, WAS.id: WAS, NOW.id: NOW}
    documents |= {
        name: replace(documents[name], publisher=post, owner="Quill Group") for name, post in owned
    }
    labels = tuple((section.name, f"On {section.name} & <b>") for section in edition.sections)
    return replace(
        edition,
        sections=(replace(first, briefs=(top, second, *briefs)), *others),
        corrections=ALL,
        documents=documents,
        lists={"south": "The South"},
        panel=replace(edition.panel, chart=True),
        days=(DayCount(edition.day, {"other": 2}),),
        note=DeskNote("We say <b>this</b> & *that* [1] ourselves.", "M. Weber"),
        letterhead=Letterhead(
            marking="Internal <use>",
            labels=labels,
            **{name: f"Ministry of {name}" for _, name in HEAD_LINES},
        ),
        ledger=replace(edition.ledger, corrections_waiting=4),
    )


@pytest.mark.parametrize("form", FORMS)
def test_each_part_of_the_record_is_in_each_format(whole: Edition, theme: Theme, form: str) -> None:
    text = shown(form, whole, theme).casefold()
    parts = [(part, words(whole)) for part, words in WORDS.items()]
    parts += MADE_OF_IT.items() if form != "json" else ()
    for part, expected in parts:
        if form not in LEFT_OUT.get(part, ()):
            missing = [words for words in expected if joined(words).casefold() not in text]
            assert not missing, (part, missing)


@pytest.mark.parametrize("form", PRINTED)
def test_blocks_are_ordered_and_none_is_empty(edition: Edition, theme: Theme, form: str) -> None:
    names = ("Note of the desk", "Corrections", "Also today", "Ahead", "Figures", "In their words")
    text = shown(form, edition, theme).casefold()
    text = text[text.index("council number") :]
    places = [text.index(name.casefold()) for name in (*names[2:], "sources", "ledger")]
    assert places == sorted(places)
    bare = shown(form, replace(edition, panel=Panel(), dateline=""), theme).casefold()
    assert not [name for name in (*names, "stories a day") if name.casefold() in bare]
    empty = replace(edition, sections=(), panel=Panel(), corrections=(), documents={})
    assert "Thursday 12 March 2026" in shown(form, empty, theme)


@pytest.mark.parametrize("form", PRINTED)
@examples("text")
def test_words_stay_as_they_are(edition: Edition, theme: Theme, form: str, text: str) -> None:
    section = edition.sections[-1]
    earlier = EarlierHeadline("x", edition.day, Sentence("d1", 0, len(text) + 9, f"{text} before"))
    forged = replace(
        with_story(
            edition, section.briefs[0].story, headline=text, lists=("south",), earlier=earlier
        ),
        name=text,
        lists={"south": f"{text} list"},
        letterhead=Letterhead(labels=((section.name, f"On {text[:25]}".strip()),)),
    )
    words = shown(form, forged, theme).casefold()
    for expected in (text, f"{text} before", f"watched: {text} list", f"On {text[:25]}"):
        assert joined(expected).casefold() in words


@pytest.mark.parametrize("kind", [kind for kind in FORMATS.values() if kind.writer])
def test_equal_editions_give_equal_bytes(edition: Edition, theme: Theme, kind: Format) -> None:
    later = replace(edition, day=edition.day + timedelta(days=1))
    first, again, other = (
        written(kind, one, Rendition(theme)) for one in (edition, edition, later)
    )
    assert first == again != other


@pytest.mark.parametrize("form", ["markdown", "word", "epub"])
def test_what_has_changed_since_is_at_the_end(edition: Edition, theme: Theme, form: str) -> None:
    changed = AmendedWords(("d1", 0, 9), "Old words", "Corrected since, seen Friday", "New words")
    text = shown(form, edition, theme, amended=[changed])
    assert "Changed since it was printed Old words Corrected since, seen Friday: New words" in text


LABEL = "Trade & the cost of a <b>life</b>"


@pytest.fixture(scope="module")
def labeled(edition: Edition) -> Edition:
    names = tuple(section.name for section in edition.sections)
    return replace(edition, letterhead=Letterhead(labels=tuple((name, LABEL) for name in names)))


def test_a_section_keeps_its_key_and_is_named_by_its_label(labeled: Edition) -> None:
    facts = json.loads(record.write(labeled))
    names = [section.name for section in labeled.sections]
    assert [section["name"] for section in facts["sections"]] == names
    assert facts["letterhead"] == {"labels": [[name, LABEL] for name in names]}
    only = record.read(record.write(replace(labeled, only=tuple(names[:1]))), name="own").edition
    assert view(only).ledger.startswith(f"Page of {LABEL}. ")
    page = view(with_story(labeled, present(labeled.top).story, touches=(names[0],)))
    assert f"also {LABEL}" in present(page.top).counts  # so long that it may be broken


def test_words_that_matched_are_recorded_and_told(edition: Edition) -> None:
    story = next(edition.briefs()).story
    evidence = Evidence((), {"climate": 1.0}, Score(1.0, {}), ())
    matches = (("emissions", "climate", 2.0), ("carbon price", "climate", 1.0))
    told = replace(edition, evidence={story: replace(evidence, matches=matches)})
    back = record.read(record.write(told), name="x").edition
    assert back.evidence[story].matches == matches
    words = " ".join(why_text(back, story).split())
    assert "words of climate: emissions (2), carbon price (1)" in words
    assert why_facts(back, story)["matches"] == [list(match) for match in matches]
    assert '"matches"' not in record.write(edition)


@pytest.fixture(scope="module")
def said(edition: Edition) -> Edition:
    """An edition of nothing but words of a party, with a correction of some."""
    sections = tuple(
        replace(section, briefs=tuple(map(_of_party, section.briefs)))
        for section in edition.sections
    )
    (first, *_), noticed = sections[0].briefs[0].sentences, datetime(2026, 3, 12, tzinfo=UTC)
    correction = CorrectionBrief(
        CorrectionKind.CHANGED, first, first, edition.id, edition.day, noticed
    )
    return replace(edition, sections=sections, corrections=(correction,))


@pytest.mark.parametrize("form", PRINTED)
def test_a_speaker_stands_first(said: Edition, edition: Edition, theme: Theme, form: str) -> None:
    text = shown(form, said, theme)
    corrected = [one.old for one in said.corrections] * 2
    for sentence in (*said.sentences(), *corrected):
        assert f"{SPEAKER}: {sentence.text}" in text
    assert text.count(f"{SPEAKER}: ") == len([*said.sentences()]) + len(corrected)
    assert SPEAKER not in shown(form, edition, theme)


@pytest.mark.parametrize(("days", "label"), [(0, "Fogin: "), (1, "Fogin, 11 Mar: ")])
def test_who_says_today_in_an_earlier_report_has_its_day(days: int, label: str) -> None:
    moment = datetime.combine(draft(0).edition.day - timedelta(days=days), time(), UTC)
    report = replace(document(1), published=moment)
    first = brief(report, 1, story="s1")
    today = replace(first.sentences[0], text="Today we close.", speaker="Fogin")
    edition = edition_with(replace(first, sentences=(today,)), sources=[report])
    assert view(edition).bands[0].columns[0][0].lines[0].label == label


def test_a_speaker_has_the_colon_of_the_language() -> None:
    first = brief(document(1), 1, story="s1")
    who = replace(first.sentences[0], speaker="Fogin")
    with worded_in("fr"):
        assert line_of(who, ()).label == "Fogin\u00a0: "


@pytest.mark.parametrize("make", [themes.classic, themes.memo, themes.large])
def test_the_page_has_room_for_the_speakers_in_every_theme(make: Callable[[], Theme]) -> None:
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
    also = present(view(fitted).panel).also
    assert [(item.publisher, item.party) for item in also] == [
        ("Navy", True),
        ("Wire Meridian", False),
    ]
    text = squeezed(read_back(press.print(fitted)).text)
    assert re.search(r"FleetInspected\[\d+\]Navy", text)
    assert re.search(r"FoginSund\[\d+\](?!WireMeridian)", text)


def test_the_record_keeps_the_speaker_and_the_digest_covers_it(said: Edition) -> None:
    first = json.loads(record.write(said))["sections"][0]["briefs"][0]["sentences"][0]
    assert first["speaker"] == SPEAKER
    again = record.read(record.write(said), name="x").edition
    assert [one.speaker for one in again.sentences()] == [SPEAKER] * len([*said.sentences()])
    assert not record.read(record.write(said).replace(SPEAKER, "Nobody"), name="x").intact


THEME = theme_of(Settings())


def hits(*entries: str, list: str = "south", label: str = "The South") -> tuple[WatchHit, ...]:
    words = Sentence("d1", 0, 7, "Nambuda")
    return tuple(WatchHit(list, label, entry, words, pull=True) for entry in entries)


def watching(*entries: str, named: Sequence[str] = ()) -> Edition:
    also = replace(named_story(document(2)), watched=hits(*named))
    return replace(
        with_story(ONE, "s1", watched=hits(*entries)),
        lists={"south": "The South", "north": "The North"},
        panel=replace(ONE.panel, also=(also,)),
        documents={**ONE.documents, "d2": document(2)},
    )


def test_one_source_is_not_said_of_a_brief_with_the_words_of_two() -> None:
    other = replace(document(2), publisher="Evening Post")
    beside = Sentence(other.id, 0, 5, other.text[:5])
    edition = replace(
        ONE, ledger=replace(ONE.ledger, publishers=5), documents={**ONE.documents, other.id: other}
    )
    own = tuple(edition.sentences())
    for sentences, said in ((own, "one source"), ((*own, beside), "")):
        only = first_of(edition, publishers=1, touches=(), sentences=sentences)
        assert only.counts.replace("\u00a0", " ") == said
        assert only.strength.replace("\u00a0", " ") == said


def test_the_labels_stand_behind_the_counts() -> None:
    only = first_of(watching("Nambuda", "Brenn"))
    assert only.notes.replace("\u00a0", " ").endswith("watched: The South")
    assert "watched" not in only.counts
    assert only.strength.endswith("watched:\u00a0The\u00a0South")
    assert first_of(watching()).notes == only.counts
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
    for form in PRINTED:
        plain = shown(form, edition, THEME)
        counts = [plain.count(f"watched: The {name}") for name in ("South", "North")]
        assert (counts, {"Nambuda", "Brenn"} & {*plain.split()}) == ([1, 1], set()), form


def test_the_public_record_has_the_names_of_offered_lists_alone() -> None:
    edition = watching("Nambuda", "Brenn", named=("Brenn",))
    (own,) = hits("Nambuda", list="own", label="Own")
    edition = with_story(edition, "s1", watched=(own, *next(edition.briefs()).watched))
    back = record.read(record.write(edition, private=False), name="public").edition
    (told,), (also,) = back.sections[0].briefs, back.panel.also
    assert (told.watched, told.lists) == (also.watched, also.lists) == ((), ("south",))
    shown = [first_of(one).notes for one in (edition, back)]
    assert shown[0] == shown[1]
    assert "The South" in shown[0].replace("\u00a0", " ")


def test_why_names_the_list_the_words_and_where_they_stand() -> None:
    edition = watching("Nambuda", "Brenn")
    (first, second) = next(edition.briefs()).watched
    other = replace(second, titled=True, pull=False)
    evidence = {"s1": Evidence((), {}, Score(1.0), ())}
    told = replace(with_story(edition, "s1", watched=(first, other)), evidence=evidence)
    text = why_text(told, "s1").replace("\n    ", " ")
    assert (
        "watched: Nambuda (list south; it pulls stories in), 'Nambuda' in d1, characters 0 to 7"
        in text
    )
    assert "watched: Brenn (list south), 'Nambuda' in d1, title" in text
    assert [one["entry"] for one in why_facts(told, "s1")["watched"]] == ["Nambuda", "Brenn"]
    unwatched = replace(ONE, evidence=evidence)
    assert why_facts(unwatched, "s1")["watched"] == []


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
