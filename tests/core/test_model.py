from __future__ import annotations

import hashlib
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.glyphs import is_settable
from briefing.core.model import (
    Action,
    Choice,
    CorrectionBrief,
    CorrectionKind,
    DateAhead,
    Document,
    Edition,
    Figure,
    Ledger,
    PageChoice,
    Panel,
    Preferences,
    Quote,
    Score,
    Section,
    Sentence,
    Source,
    SourceStatus,
    State,
    Status,
    Story,
    Subscriber,
    digest,
    wanted_sections,
)
from tests.fakes import brief, document, draft, slice_of

SOURCE = document(0)
MOMENT = datetime(2026, 3, 12, 6, 30, tzinfo=UTC)


def edition() -> Edition:
    """Make an edition of two sections, a top story and a full panel."""
    words = [
        slice_of(SOURCE, text)
        for text in ("nine years", "$14 million", "Dockworkers", "Officials", "A second vote")
    ]
    sections = (
        Section("economy", (brief(document(1), 2, story="s2"),)),
        Section(
            "security",
            (brief(SOURCE, 3, story="s1", top=True), brief(document(2), 1, story="s3")),
        ),
    )
    beside = Panel(
        figures=(Figure(words[1], words[0]),),
        quotes=(Quote(words[4], words[2]), Quote(words[4], words[2], words[3])),
        ahead=(DateAhead(date(2026, 3, 23), words[0], words[2]),),
    )
    return replace(draft(2).edition, sections=sections, panel=beside)


@given(st.text())
def test_a_digest_is_the_sha_256_of_the_bytes(text: str) -> None:
    assert digest(text) == hashlib.sha256(text.encode()).hexdigest()


def test_a_lone_surrogate_has_a_digest_of_its_own() -> None:
    assert digest("\ud800") == hashlib.sha256(b"\xed\xa0\x80").hexdigest()
    assert digest("\ud800") != digest("\ud801") != digest("?")


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 12, 6, 30),  # noqa: DTZ001  the wrong thing to give
        datetime(2026, 3, 12, 6, 30, tzinfo=timezone(timedelta(hours=1))),
        datetime(2026, 3, 12, 6, 30, tzinfo=timezone(timedelta(minutes=-1))),
    ],
)
def test_a_document_is_published_in_aware_utc_or_refused(moment: datetime) -> None:
    with pytest.raises(ValueError, match="document d7: published must be aware UTC"):
        Document("d7", "Title", "Text.", moment)


@pytest.mark.parametrize("moment", [None, MOMENT, MOMENT.astimezone(timezone(timedelta(0)))])
def test_a_document_may_leave_its_moment_open(moment: datetime | None) -> None:
    assert Document("d7", "Title", "Text.", moment).published == moment


LONG_TITLE = "word " * 29 + "words"


@given(st.text(st.characters(codec=None)), st.integers(0, 40))
def test_what_can_be_set_is_one_line_of_short_words(text: str, longest: int) -> None:
    if is_settable(text, longest=longest):
        assert len(text.splitlines()) == 1
        assert len(text) <= longest
        assert max(map(len, text.split())) <= 30


def test_a_document_is_proved_by_its_text_alone() -> None:
    assert SOURCE.sha256 == digest(SOURCE.text)
    assert replace(SOURCE, title="Another").sha256 == SOURCE.sha256
    assert replace(SOURCE, text=SOURCE.text + " ").sha256 != SOURCE.sha256


def test_a_sentence_is_told_apart_by_where_it_stands() -> None:
    first, again = Sentence("d1", 0, 3, "No."), Sentence("d1", 9, 12, "No.", 4)
    assert first.key == ("d1", 0, 3)
    assert first.key != again.key
    assert first.sha256 == again.sha256 == digest("No.")


def test_what_is_known_of_a_document_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        SOURCE.text = "Other."  # type: ignore[misc]


@pytest.mark.parametrize("default", [Score(1.0).terms, Ledger().dropped_documents])
def test_what_is_empty_unless_given_cannot_be_filled(default: dict[str, float]) -> None:
    with pytest.raises(TypeError):
        default["x"] = 1.0


@pytest.mark.parametrize(
    ("publishers", "families"),
    [
        ((("Post", ""),), 1),
        ((("Post", ""), ("Ray", "")), 2),
        ((("Post", ""), ("POST", ""), ("post", "")), 1),
        ((("Post", "Ostra Press"), ("Ray", "ostra press")), 1),
        ((("Ostra Press", ""), ("Ray", "Ostra Press")), 1),
        ((("Post", "Ostra Press"), ("Post", "")), 2),
        ((("", ""), ("", ""), ("Post", "")), 2),
        ((("Straße", ""), ("STRASSE", "")), 1),
    ],
)
def test_titles_of_one_owner_count_as_one_publisher(
    publishers: tuple[tuple[str, str], ...], families: int
) -> None:
    documents = tuple(
        replace(document(number), publisher=publisher, owner=owner)
        for number, (publisher, owner) in enumerate(publishers)
    )
    assert Story("s1", documents).publishers == families


def test_copies_of_a_report_are_no_reports_of_their_own() -> None:
    story = Story(
        "s1",
        (document(0, publisher="Post"), document(1, publisher="Ray")),
        copies=(document(2, publisher="Wire"), document(3, publisher="Post")),
    )
    assert (story.reports, story.publishers) == (2, 2)


def test_briefs_and_sentences_come_in_the_order_of_the_page() -> None:
    page = edition()
    assert [item.story for item in page.briefs()] == ["s2", "s1", "s3"]
    assert [sentence.document for sentence in page.sentences()] == ["d1"] * 2 + ["d0"] * 3 + ["d2"]


def test_the_top_brief_is_the_one_that_is_marked_so() -> None:
    page = edition()
    assert page.top is page.sections[1].briefs[0]
    assert replace(page, sections=page.sections[:1]).top is None
    assert replace(page, sections=()).top is None


def test_passages_are_all_that_is_printed_and_slices_also_the_words_of_dates() -> None:
    page = edition()
    beside = [passage.text for passage in page.passages()][6:]
    assert beside == [
        *("nine years", "$14 million"),
        *("A second vote", "Dockworkers"),
        *("A second vote", "Dockworkers", "Officials"),
        "nine years",
    ]
    assert [passage.text for passage in page.slices()][6:] == [*beside, "Dockworkers"]


def test_an_empty_ledger_counts_nothing() -> None:
    assert Ledger() == Ledger(0, 0, 0, 0, 0, 0, {}, {}, {}, 0, (), (), ())


def test_a_status_reads_as_its_word() -> None:
    assert [str(status) for status in Status] == [
        "new",
        "undated",
        "developing",
        "continuing",
    ]


def correction(*, headline: bool = False, gone: bool = False) -> CorrectionBrief:
    old, new = (slice_of(SOURCE, words) for words in ("nine years", "$14 million"))
    kind = CorrectionKind.REMOVED if gone else CorrectionKind.CHANGED
    was = "ostra-desk/2026-03-11"
    new_words = None if gone else new
    return CorrectionBrief(kind, old, new_words, was, date(2026, 3, 11), MOMENT, headline=headline)


def test_a_correction_prints_the_old_words_and_the_new_ones_if_there_are_any() -> None:
    assert [one.text for one in correction().slices] == ["nine years", "$14 million"]
    assert [one.text for one in correction(gone=True).slices] == ["nine years"]


def test_corrected_sentences_are_passages_and_corrected_headlines_are_titles() -> None:
    page = replace(edition(), corrections=(correction(), correction(headline=True, gone=True)))
    assert len(list(page.passages())) == len(list(edition().passages())) + 2
    assert [one.text for one in page.titles()] == ["nine years"]
    assert not list(edition().titles())


def test_a_source_is_not_asked_before_it_may_be() -> None:
    source = SourceStatus(Source("https://courier.example/feed"), MOMENT)
    assert not source.rests(at=MOMENT)
    resting = replace(source, retry_at=MOMENT + timedelta(hours=1))
    assert resting.rests(at=MOMENT)
    assert not resting.rests(at=MOMENT + timedelta(hours=1))


def test_a_source_is_unstable_for_a_day_after_yet_another_text() -> None:
    source = SourceStatus(Source("https://courier.example/feed"), MOMENT)
    assert not source.is_unstable(at=MOMENT)
    unstable = replace(source, unstable=MOMENT)
    assert unstable.is_unstable(at=MOMENT + timedelta(hours=23))
    assert not unstable.is_unstable(at=MOMENT + timedelta(hours=24))


def test_a_subscription_keeps_since_when_and_why_it_is_as_it_is() -> None:
    reader = Subscriber(1, "reader@desk.example")
    paused = reader.now(State.PAUSED, at=MOMENT, reason="on leave")
    assert (paused.state, paused.since, paused.reason) == (State.PAUSED, MOMENT, "on leave")
    assert paused.address == reader.address


def test_a_choice_names_the_report_that_it_is_about() -> None:
    made = Choice.about(SOURCE, Action.PIN, day=date(2026, 3, 12), who="ada", at=MOMENT)
    assert (made.document, made.url, made.headline) == (SOURCE.id, SOURCE.url, SOURCE.headline)
    assert (made.id, made.action, made.who, made.section) == (0, Action.PIN, "ada", "")


def test_preferences_say_what_is_wanted_of_an_edition() -> None:
    assert Preferences().page == PageChoice()
    wanted = Preferences(("economy",), lists=("africa",))
    assert wanted.page == PageChoice(("economy",), ("africa",))


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ({"security"}, ("security",)),
        ({"security", "economy"}, ("economy", "security")),
        ({"security", "economy", "diplomacy"}, ()),
        ({"weather"}, ()),
    ],
)
def test_all_sections_are_no_choice(chosen: set[str], wanted: tuple[str, ...]) -> None:
    assert wanted_sections(chosen, printed=("economy", "security", "diplomacy")) == wanted


@pytest.mark.parametrize("slug", ["BC-WORLD-HIGHLIGHTS", "OSTRA-2"])
def test_the_slug_of_a_wire_is_no_headline(slug: str) -> None:
    assert Document("d", slug, "Text.").headline == ""
    assert Document("d", f"{slug} OPENS", "Text.").headline
