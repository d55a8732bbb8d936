from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import EditionId, NoticeKind, briefing_of, weekly

DAY = date(2026, 3, 12)
IDS = st.builds(
    EditionId,
    st.text(min_size=1).filter(lambda name: "/" not in name),
    st.dates(),
    st.integers(1, 200),
    st.none() | st.sampled_from(NoticeKind),
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ostra-desk/2026-03-12", EditionId("ostra-desk", DAY)),
        ("ostra-desk/2026-03-12-2", EditionId("ostra-desk", DAY, 2)),
        ("ostra-desk/2026-03-12-10", EditionId("ostra-desk", DAY, 10)),
        (
            "ostra-desk/2026-03-12/withdrawn",
            EditionId("ostra-desk", DAY, notice=NoticeKind.WITHDRAWN),
        ),
        (
            "2026-03-11/2026-03-12-2/withdrawn",
            EditionId("2026-03-11", DAY, 2, notice=NoticeKind.WITHDRAWN),
        ),
        (
            "ostra-desk/2026-03-12/corrected",
            EditionId("ostra-desk", DAY, notice=NoticeKind.CORRECTED),
        ),
        (
            "ostra-desk/2026-03-12-2/corrected-10",
            EditionId("ostra-desk", DAY, 2, notice=NoticeKind.CORRECTED, place=10),
        ),
        ("ostra-desk/2026-03-12/no-page", EditionId("ostra-desk", DAY, notice=NoticeKind.NO_PAGE)),
    ],
)
def test_an_id_says_briefing_day_revision_and_whether_it_is_of_a_notice(
    text: str, meant: EditionId
) -> None:
    assert EditionId.parse(text) == meant
    assert str(meant) == text


@given(IDS)
def test_what_is_written_is_read_as_it_was(one: EditionId) -> None:
    assert EditionId.parse(str(one)) == one


def test_a_notice_is_of_the_edition_that_was_withdrawn() -> None:
    second = EditionId("ostra-desk", DAY, 2)
    assert str(second.notified(NoticeKind.WITHDRAWN)) == "ostra-desk/2026-03-12-2/withdrawn"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ostra-desk",
        "/2026-03-12",
        "ostra-desk/2026-02-30",
        "ostra-desk/2026-03-12-",
        "ostra-desk/2026-03-12-1",
        "ostra-desk/2026-03-12-02",
        "ostra-desk/2026-03-12/gone",
        "ostra/desk/2026-03-12",
        "ostra-desk/٢٠٢٦-03-12",
    ],
)
def test_anything_else_is_no_id(text: str) -> None:
    with pytest.raises(ValueError, match=r"not the id of an edition|day|month"):
        EditionId.parse(text)


def test_a_week_in_review_has_a_place_of_its_own_on_the_web() -> None:
    week = EditionId(weekly("ostra-desk"), DAY)
    assert briefing_of(week.briefing) == briefing_of("ostra-desk") == "ostra-desk"
    assert (week.is_week, week.path) == (True, "week/2026-03-12")
    day = EditionId("ostra-desk", DAY)
    assert (day.is_week, day.path) == (False, "2026-03-12")
