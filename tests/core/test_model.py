import hashlib
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import InputError
from briefing.core.glyphs import are_held, is_settable
from briefing.core.model import (
    DEADLINE,
    CorrectionBrief,
    CorrectionKind,
    DateAhead,
    DeskNote,
    Document,
    Edition,
    EditionId,
    Figure,
    Ledger,
    NoticeKind,
    PageChoice,
    Panel,
    Preferences,
    Quote,
    ReleaseRule,
    Role,
    Score,
    Section,
    Sentence,
    Signature,
    Source,
    SourceStatus,
    State,
    Status,
    Story,
    Subscriber,
    briefing_of,
    by_edition,
    desk_of,
    digest,
    edition_of,
    option_of,
    path_of,
    place_of,
    series_of,
    slot_title,
    weekly,
)
from briefing.core.model.letterhead import LEAST_CONTRAST, NIGHT, contrast, lightened
from briefing.core.model.operator import LONGEST_NAME, LONGEST_NOTE, MOST_WORDS
from briefing.core.ports import Answer
from tests.examples import examples
from tests.fakes import brief, document, draft, slice_of

SOURCE = document(0)
MOMENT = datetime(2026, 3, 12, 6, 30, tzinfo=UTC)


def edition() -> Edition:
    """Make an edition of two sections, a top story and a full panel."""
    parts = ("nine years", "$14 million", "Dockworkers", "Officials", "A second vote")
    words = [slice_of(SOURCE, text) for text in parts]
    sections = (
        Section("economy", (brief(document(1), 2, story="s2"),)),
        Section(
            "security", (brief(SOURCE, 3, story="s1", top=True), brief(document(2), 1, story="s3"))
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


@given(st.text(st.characters(codec=None)), st.integers(0, 40))
def test_what_can_be_set_is_one_line_of_short_words(text: str, longest: int) -> None:
    if is_settable(text, longest=longest):
        assert len(text.splitlines()) == 1
        assert len(text) <= longest
        assert max(map(len, text.split())) <= 30


def test_a_document_and_its_sentences_are_told_by_text_and_place() -> None:
    assert SOURCE.sha256 == digest(SOURCE.text)
    assert replace(SOURCE, title="Another").sha256 == SOURCE.sha256
    assert replace(SOURCE, text=SOURCE.text + " ").sha256 != SOURCE.sha256
    first, again = Sentence("d1", 0, 3, "No."), Sentence("d1", 9, 12, "No.", 4)
    assert first.key == ("d1", 0, 3)
    assert first.key != again.key
    assert first.sha256 == again.sha256 == digest("No.")
    with pytest.raises(FrozenInstanceError):
        SOURCE.text = "Other."  # type: ignore[misc]
    assert digest("\ud800") == hashlib.sha256(b"\xed\xa0\x80").hexdigest()
    assert digest("\ud800") != digest("\ud801") != digest("?")
    for moment in [None, MOMENT, MOMENT.astimezone(timezone(timedelta(0)))]:
        assert Document("d7", "Title", "Text.", moment).published == moment
    for default in [Score(1.0).terms, Ledger().dropped_documents]:
        with pytest.raises(TypeError):
            default["x"] = 1.0  # type: ignore[index]
    for status, unchanged in [(200, False), (304, True), (404, False)]:
        assert Answer("https://courier.example/feed", status, b"").unchanged is unchanged
    for slug in ["BC-WORLD-HIGHLIGHTS", "OSTRA-2"]:
        assert Document("d", slug, "Text.").headline == ""
        assert Document("d", f"{slug} OPENS", "Text.").headline
        assert Document("d", "Ostraâ€™s ferry opens", "Text.").headline == ""


@examples("publishers, families")
def test_titles_of_an_owner_are_one_publisher(publishers: list[list[str]], families: int) -> None:
    documents = tuple(
        replace(document(number), publisher=publisher, owner=owner)
        for number, (publisher, owner) in enumerate(publishers)
    )
    assert Story("s1", documents).publishers == families


def test_an_edition_knows_its_briefs_passages_and_copies() -> None:
    story = Story(
        "s1",
        (document(0, publisher="Post"), document(1, publisher="Ray")),
        copies=(document(2, publisher="Wire"), document(3, publisher="Post")),
    )
    assert (story.reports, story.publishers) == (2, 2)
    page = edition()
    assert [item.story for item in page.briefs()] == ["s2", "s1", "s3"]
    assert [sentence.document for sentence in page.sentences()] == ["d1"] * 2 + ["d0"] * 3 + ["d2"]
    assert page.top is page.sections[1].briefs[0]
    assert replace(page, sections=page.sections[:1]).top is None
    assert replace(page, sections=()).top is None
    beside = [passage.text for passage in page.passages()][6:]
    quoted = ("A second vote", "Dockworkers")
    assert beside == ["nine years", "$14 million", *quoted, *quoted, "Officials", "nine years"]
    assert [passage.text for passage in page.slices()][6:] == [*beside, "Dockworkers"]
    assert Ledger() == Ledger(0, 0, 0, 0, 0, 0, {}, {}, {}, 0, (), (), ())
    assert [str(status) for status in Status] == ["new", "undated", "developing", "continuing"]


def correction(*, headline: bool = False, gone: bool = False) -> CorrectionBrief:
    old, new = (slice_of(SOURCE, words) for words in ("nine years", "$14 million"))
    kind = CorrectionKind.REMOVED if gone else CorrectionKind.CHANGED
    was = "ostra-desk/2026-03-11"
    new_words = None if gone else new
    return CorrectionBrief(kind, old, new_words, was, date(2026, 3, 11), MOMENT, headline=headline)


def test_what_readers_sources_and_editors_are_said_to_be() -> None:
    assert [one.text for one in correction().slices] == ["nine years", "$14 million"]
    assert [one.text for one in correction(gone=True).slices] == ["nine years"]
    page = replace(edition(), corrections=(correction(), correction(headline=True, gone=True)))
    assert len(list(page.passages())) == len(list(edition().passages())) + 2
    assert [one.text for one in page.titles()] == ["nine years"]
    assert not list(edition().titles())
    source = SourceStatus(Source("https://courier.example/feed"), MOMENT)
    resting = replace(source, retry_at=MOMENT + timedelta(hours=1))
    assert [one.rests(at=MOMENT) for one in (source, resting)] == [False, True]
    assert not resting.rests(at=MOMENT + timedelta(hours=1))
    unstable = replace(source, unstable=MOMENT)
    assert [one.is_unstable(at=MOMENT) for one in (source, unstable)] == [False, True]
    assert unstable.is_unstable(at=MOMENT + timedelta(hours=23))
    assert not unstable.is_unstable(at=MOMENT + timedelta(hours=24))
    reader = Subscriber(1, "reader@desk.example")
    paused = reader.now(State.PAUSED, at=MOMENT, reason="on leave")
    assert (paused.state, paused.since, paused.reason) == (State.PAUSED, MOMENT, "on leave")
    assert paused.address == reader.address
    assert Preferences().page == PageChoice()
    wanted = Preferences(("economy",), lists=("africa",))
    assert wanted.page == PageChoice(("economy",), ("africa",))


DAY = date(2026, 3, 12)
IDS = st.builds(
    EditionId,
    st.text(min_size=1).filter(lambda name: "/" not in name),
    st.dates(),
    st.integers(1, 200),
    st.none() | st.sampled_from(NoticeKind),
)


@examples("text, parts")
def test_what_an_id_says(text: str, parts: tuple[str, int, str | None, int]) -> None:
    name, revision, notice, place = parts
    meant = EditionId(name, DAY, revision, NoticeKind(notice) if notice else None, place)
    assert EditionId.parse(text) == meant
    assert str(meant) == text


@given(IDS)
def test_what_is_written_is_read_as_it_was(one: EditionId) -> None:
    assert EditionId.parse(str(one)) == one


def test_a_notice_is_of_a_withdrawn_edition_and_a_week_has_a_place_of_its_own() -> None:
    second = EditionId("ostra-desk", DAY, 2)
    assert str(second.notified(NoticeKind.WITHDRAWN)) == "ostra-desk/2026-03-12-2/withdrawn"
    week = EditionId(weekly("ostra-desk"), DAY)
    assert briefing_of(week.briefing) == briefing_of("ostra-desk") == "ostra-desk"
    assert (week.is_week, week.path) == (True, "week/2026-03-12")
    day = EditionId("ostra-desk", DAY)
    assert (day.is_week, day.path) == (False, "2026-03-12")


@examples("text")
def test_anything_else_is_no_id(text: str) -> None:
    with pytest.raises(ValueError, match=r"not the id of an edition|day|month"):
        EditionId.parse(text)


def test_white_space_is_one_space_words_are_counted_and_a_rule_says_who_signs() -> None:
    note = DeskNote.of("\n We  are\tprovisional. ", signed=" M.  Weber ")
    assert note == DeskNote("We are provisional.", "M. Weber")
    assert note.words == 3
    assert ReleaseRule() == ReleaseRule(by=0, deadline=None, go=False)
    signed = Signature("ann", datetime(2026, 3, 12, 6, 41, tzinfo=UTC), "0" * 64)
    assert signed.words == "ann, 2026-03-12 06:41 UTC"
    assert " " in DEADLINE


@examples("text, signed, message")
def test_what_cannot_be_printed_is_refused(text: str, signed: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        DeskNote.of(text, signed=signed)


@given(st.text(max_size=600), st.text(max_size=80))
def test_what_is_taken_can_be_set(text: str, signed: str) -> None:
    try:
        note = DeskNote.of(text, signed=signed)
    except InputError:
        return
    assert 0 < note.words <= MOST_WORDS
    assert 0 < len(note.text) <= LONGEST_NOTE
    assert 0 < len(note.signed) <= LONGEST_NAME
    assert are_held(note.text + note.signed)


@examples("color, ground, ratio")
def test_contrast_is_that_of_wcag(color: str, ground: str, ratio: float) -> None:
    assert contrast(color, ground) == pytest.approx(ratio, abs=0.05)


def test_a_tint_reads_at_night_and_a_color_that_reads_stays() -> None:
    for color in ["#000000", "#1d4f91", "#9c1c1f", "#16140f", "#ffffff"]:
        assert contrast(lightened(color), NIGHT) >= LEAST_CONTRAST
    assert lightened("#f0857c") == "#f0857c"


@examples("act, roles")
def test_a_role_may_what_the_roles_before_it_may(act: str, roles: int) -> None:
    assert [role for role in Role if role.may(act)] == [*Role][-roles:]


@pytest.mark.parametrize("act", ["", "pin", "release", "rob bank", "add"])
def test_an_act_that_nobody_declared_is_nobodys(act: str) -> None:
    with pytest.raises(KeyError):
        Role.ADMINISTRATOR.may(act)


@pytest.mark.parametrize(
    ("edition", "series", "path", "title", "option"),
    [
        ("", "ostra-desk", f"{DAY}", "", ""),
        ("week", "ostra-desk_week", f"week/{DAY}", "", " --week"),
        (
            "late-night",
            "ostra-desk_late-night",
            f"edition/late-night/{DAY}",
            "late night, ",
            " --edition late-night",
        ),
    ],
)
def test_an_edition_has_its_name_in_its_series_and_its_address(
    edition: str, series: str, path: str, title: str, option: str
) -> None:
    assert series_of("ostra-desk", edition) == series
    assert (briefing_of(series), edition_of(series)) == ("ostra-desk", edition)
    assert desk_of(series) == (series if edition == "week" else "ostra-desk")
    assert place_of(str(EditionId(series, DAY))) == path == path_of(edition, DAY)
    assert (slot_title(edition), option_of(edition)) == (title, option)
    kind = by_edition(edition, first="", further="late-night", week="week")
    assert kind == edition


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ((), {"", "week"}),
        (("evening",), {"evening"}),
        (("week",), {"week"}),
        (("evening", "first"), {"", "evening"}),
        # There is no such edition any more.
        (("noon",), {"", "week"}),
        (("noon", "evening"), {"evening"}),
    ],
)
def test_a_reader_gets_the_editions_they_chose(chosen: tuple[str, ...], wanted: set[str]) -> None:
    preferences, offered = Preferences(editions=chosen), ("first", "evening", "week")
    gets = {name for name in ("", "evening", "week") if preferences.wants(name, offered=offered)}
    assert gets == wanted
