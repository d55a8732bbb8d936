"""Headlines of earlier editions: which of them may stand below those of today."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from briefing.core.model import (
    CorrectionBrief,
    CorrectionKind,
    Corrections,
    Document,
    EarlierHeadline,
    Edition,
    Excerpt,
    Material,
    Score,
    Sentence,
    Status,
    recent,
)
from briefing.core.page.compose import cite_earlier, differing
from tests.newsday import (
    NICKEL,
    STRAIT,
    STRAIT_NEXT,
    TODAY,
    YESTERDAY,
    brief_of,
    edition_of,
    report,
    split,
    story_of,
)

OLD = report("d1", STRAIT)


def before(document: Document = OLD, *, day: date = YESTERDAY) -> Edition:
    made = edition_of(brief_of(document, 0), day=day)
    return replace(made, documents={document.id: document})


def excerpt(
    status: Status = Status.DEVELOPING, *, document: Document = OLD, day: date = YESTERDAY
) -> Excerpt:
    title = Sentence(document.id, 0, len(document.title), document.title)
    return Excerpt(
        story_of(report("d9", STRAIT_NEXT)),
        status,
        Score(1.0),
        (),
        earlier=EarlierHeadline(f"ostra-desk/{day}", day, title),
    )


def wrong(document: Document) -> CorrectionBrief:
    words = split(document)[document.id][0]
    moment = report("d0", NICKEL).published
    assert moment is not None
    return CorrectionBrief(
        CorrectionKind.WITHDRAWN, words, None, "ostra-desk/2026-03-11", YESTERDAY, moment
    )


def test_a_developing_story_has_the_headline_that_was_printed_and_its_document() -> None:
    (told,), documents = cite_earlier([excerpt()], material=Material((), TODAY, [before()]))
    assert told == excerpt()
    assert documents == {"d1": OLD}


@pytest.mark.parametrize("status", [Status.NEW, Status.CONTINUING])
def test_no_other_story_has_one(status: Status) -> None:
    (told,), documents = cite_earlier([excerpt(status)], material=Material((), TODAY, [before()]))
    assert (told.earlier, documents) == (None, {})


def test_a_headline_of_a_report_that_was_corrected_is_not_printed_again() -> None:
    today = Corrections(briefs=(wrong(OLD),))
    known = Material((), TODAY, [before()], corrections=today)
    since = Material((), TODAY, [replace(before(), corrections=(wrong(OLD),))])
    for material in (known, since):
        (told,), documents = cite_earlier([excerpt()], material=material)
        assert (told.earlier, documents) == (None, {})


def test_a_document_of_both_days_is_one() -> None:
    bare = replace(OLD, text="", text_sha256=OLD.sha256)
    known = replace(before(), documents={"d1": bare})
    (told,), documents = cite_earlier([excerpt()], material=Material([OLD], TODAY, [known]))
    assert told == excerpt()
    assert documents["d1"] is OLD


def test_a_document_with_the_id_of_another_gets_one_of_its_own() -> None:
    days = YESTERDAY, YESTERDAY - timedelta(1), YESTERDAY - timedelta(2)
    other, third = report("d1", NICKEL), report("d1", STRAIT_NEXT)
    editions = [before(one, day=day) for one, day in zip((OLD, other, third), days, strict=True)]
    excerpts = [
        excerpt(),
        excerpt(document=other, day=days[1]),
        excerpt(document=third, day=days[2]),
    ]
    taken = report("d1~2026-03-10", NICKEL)  # the same report under another id
    told, documents = cite_earlier(excerpts, material=Material([taken], TODAY, editions))
    titles = [one.earlier.title for one in told if one.earlier]
    assert [title.document for title in titles] == ["d1", "d1~2026-03-10", "d1~2026-03-09"]
    assert {name: one.title for name, one in documents.items()} == {
        title.document: title.text for title in titles
    }


@pytest.mark.parametrize(
    ("headline", "differs"),
    [(STRAIT_NEXT[0], True), (STRAIT[0], False), (STRAIT[0].upper() + "!", False), ("", False)],
)
def test_the_same_headline_is_not_printed_twice(headline: str, *, differs: bool) -> None:
    assert (differing(excerpt(), headline=headline) is not None) is differs


def test_a_story_without_an_earlier_headline_has_none() -> None:
    assert differing(replace(excerpt(), earlier=None), headline=STRAIT[0]) is None


def test_an_edition_knows_those_of_a_week_and_always_the_one_before() -> None:
    by_age = {age: before(day=TODAY - timedelta(age)) for age in (1, 3, 7, 8, 20)}
    assert recent([], day=TODAY) == ()
    assert recent(by_age.values(), day=TODAY) == (by_age[1], by_age[3], by_age[7])
    assert recent([by_age[20], by_age[8]], day=TODAY) == (by_age[8],)
    again = replace(by_age[3], number=9)
    assert recent([again, by_age[3]], day=TODAY) == (again,)
