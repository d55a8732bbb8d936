"""What leaves the house is asked, waits a minute, can be undone, and tells what became of it."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from briefing.app.rounds.runs import RunRequests
from briefing.core.errors import InputError, NothingToPrintError
from briefing.core.model import DeliveryStatus, Ending, Run, Step
from briefing.store import deliveries, editions
from briefing.web.admin.acts import came_of, figures_of, in_browser, meaning_of
from briefing.web.context import WAIT, Act, Acts
from tests.examples import examples
from tests.store.ready import look
from tests.waiting import wait_for
from tests.web.admin.rounds import keep_edition, ran, settle
from tests.web.admin.sessions import Seated, seated
from tests.web.served import NOW, READER, Served, served, title

TODAY = date(2026, 3, 12)
ACTS = "/admin/acts"


def review(day: date) -> bytes:
    if day != TODAY:
        raise NothingToPrintError(f"no edition of the week to {day} is published")
    return b"%PDF of the week"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, requests=RunRequests(), review=review) as web:
        yield web


def taken(web: Served) -> tuple[tuple[Step, date | None, str], ...]:
    assert web.desk.requests
    return web.desk.requests.take(0)


def sure(session: Seated, path: str, **fields: str) -> str:
    assert session.post(path, {**fields, "sure": "1"}).headers["location"] == ACTS
    return session.get(ACTS).text


def undo(session: Seated, page: str) -> str:
    number = re.search(r'name="undo" value="(\d+)"', page)
    assert number
    return session.sent(ACTS, {"undo": number[1]})


def test_the_review_of_the_week_says_what_goes_to_whom_and_is_previewed(web: Served) -> None:
    keep_edition(web, TODAY)
    session = seated(web)
    for number in range(3):
        web.add(f"{number}@courier.example")
    web.add("monday@courier.example", days=(0,))
    answer = session.post("/admin/round", {"step": "week"})
    assert title(answer) == "Review the week to Thursday 12 March 2026?"
    assert "It reviews 1 edition, Friday 6 March 2026 to Thursday 12 March 2026." in answer.text
    assert "mailed to 3 readers" in answer.text
    assert 'href="/admin/week.pdf"' in answer.text
    assert session.get("/admin/week.pdf").content == b"%PDF of the week"
    web.later(days=1)
    assert "no edition of the week" in seated(web).get("/admin/week.pdf").text.lower()
    assert taken(web) == ()
    assert not [act for act in session.acts() if act.what.startswith("order")]
    # Collecting is not asked; what is being done has no outcome yet.
    session = seated(web)
    assert "<b>Under way</b>" in session.sent("/admin/round", {"step": "collect"})
    assert taken(web) == ((Step.COLLECT, None, ""),)
    at = web.clock()
    web.desk.acts.add(Act("Send", "ada", "/admin", at, lambda _: ""), at=at)
    assert session.page(ACTS).count("<b>Under way</b>") == 2


def test_it_is_undone_within_the_minute_and_no_later(web: Served) -> None:
    session = seated(web)
    page = sure(session, "/admin/round", step="week")
    assert "Will be carried out in 60 seconds unless it is undone." in page
    assert 'http-equiv="refresh"' in page
    # whoever asks twice, or looks from elsewhere, changes nothing
    sure(session, "/admin/round", step="week")
    web.later(seconds=59)
    page = session.get(ACTS).text
    assert page.count("Review the week") == 1
    assert "Canceled." in undo(seated(web, "bob"), page)
    web.later(minutes=5)
    session.get("/admin")
    assert taken(web) == ()
    assert (session.acts()[0].who, session.acts()[0].what) == ("bob", "undo")
    page = sure(session, "/admin/round", step="week")
    web.later(minutes=1)
    assert "It can no longer be undone" in undo(session, page)
    assert taken(web) == ((Step.WEEK, None, ""),)


@pytest.mark.parametrize(
    ("ending", "words", "state"),
    [
        (Ending.DONE, "stories: 4 of 9, page 98% full", "Done"),
        (Ending.FAILED, "the page cannot be laid out", "Failed"),
        (Ending.EMPTY, "nothing to publish", "Failed"),
    ],
)
def test_the_outcome_of_a_run_is_told(web: Served, ending: Ending, words: str, state: str) -> None:
    session = seated(web)
    ran(web, Step.PUBLISH, ago=1, figures={"printed": 1, "stories": 1, "full": 1})
    page = session.confirm("/admin/round", {"step": "publish"})
    assert "<b>Under way</b>" in page
    assert 'http-equiv="refresh"' in page
    web.later(minutes=2)
    figures = {"printed": 4, "stories": 9, "full": 98} if ending is Ending.DONE else {}
    ran(web, Step.PUBLISH, ago=1, ending=ending, figures=figures, words=words)
    page = session.get(ACTS).text
    assert f">{state}</b>. {words}" in page
    assert 'http-equiv="refresh"' not in page


def test_an_edition_that_is_being_withdrawn_sends_no_mail_and_undone_it_does(web: Served) -> None:
    session = seated(web)
    settle(web, keep_edition(web, TODAY), READER, DeliveryStatus.DUE)
    page = sure(session, "/admin/deliveries/withdraw", day=f"{TODAY}")

    def due() -> datetime | None:
        return look(web.store, deliveries.next_due)

    at = due()
    assert at is not None
    assert at >= web.clock() + WAIT
    undo(session, page)
    web.later(minutes=2)
    session.get("/admin")
    assert look(web.store, editions.on, web.desk.briefing, TODAY)
    assert due() == at
    assert "The edition is withdrawn; 1 mail canceled" in session.confirm(
        "/admin/deliveries/withdraw", {"day": f"{TODAY}"}
    )


def fails(error: Exception) -> Callable[[datetime], str]:
    def do(_at: datetime) -> str:
        raise error

    return do


def test_what_fails_says_why_and_what_is_not_foreseen_has_a_number() -> None:
    acts = Acts()
    for error in (InputError("no such day"), KeyError("x")):
        acts.add(Act(f"{error}", "ada", "/admin", NOW + WAIT, fails(error)), at=NOW)
    acts.settle(NOW + WAIT)
    last, first = acts.listed()
    assert (first.failed, f"{first.words}") == (True, "no such day")
    assert last.failed
    assert re.fullmatch("Error number: [0-9a-f]{8}", f"{last.words}")
    acts.settle(NOW + timedelta(hours=2))
    assert acts.listed() == ()


def test_by_a_clock_it_is_done_unseen_and_what_waits_at_the_end_is_done_then() -> None:
    done = list[str]()
    acts = Acts(lambda: NOW)

    def add(title: str, *, at: datetime, wait: timedelta = WAIT, step: Step | None = None) -> None:
        def do(_at: datetime) -> str:
            done.append(title)
            return ""

        acts.add(Act(title, "ada", "/admin", at + wait, do, step), at=at)

    add("soon", at=NOW - timedelta(seconds=1), wait=timedelta(seconds=1))
    wait_for(lambda: done)
    add("waits", at=NOW)
    add("run", at=NOW, step=Step.WEEK)
    assert done == ["soon"]
    acts.close()
    assert done == ["soon", "waits"]
    assert acts.undo(3) is not None


COLLECTED = {"sources": 12, "items": 900, "fresh": 143, "edited": 2, "failing": 1}
PUBLISHED = {"documents": 171, "stories": 38, "printed": 12, "sentences": 30, "full": 99}


def run(step: Step, ending: Ending, words: str = "", *, told: dict[str, int] | None = None) -> Run:
    at = datetime(2026, 3, 12, tzinfo=UTC)
    return Run(1, "desk", step, at, ended=at, ending=ending, words=words, figures=told or {})


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (run(Step.COLLECT, Ending.PART, "x", told=COLLECTED), "143 new reports, sources: 11 of 12"),
        (run(Step.PUBLISH, Ending.DONE, told=PUBLISHED), "stories: 12 of 38, page 99% full"),
        (
            run(Step.DELIVER, Ending.DONE, told={"sent": 409, "later": 2}),
            "409 mails sent, 2 mails to be tried again",
        ),
        (run(Step.PUBLISH, Ending.DONE, "already published"), "already published"),
        (run(Step.COLLECT, Ending.FAILED, "no disk", told=COLLECTED), "no disk"),
        (run(Step.PUBLISH, Ending.EMPTY, "no new report"), "no new report"),
        (run(Step.COLLECT, Ending.DONE, told={"sources": 3}), "3 sources"),
        (run(Step.DELIVER, Ending.DONE), ""),
    ],
)
def test_what_came_of_a_run_is_a_line(ended: Run, said: str) -> None:
    assert came_of(ended) == said
    if said == "no disk":
        # Figures are told also of what failed.
        assert figures_of(ended) == "143 new reports, sources: 11 of 12"


@examples("words, said")
def test_a_command_is_not_advised_where_a_button_does_it(words: str, said: str) -> None:
    assert in_browser(words) == said


@pytest.mark.parametrize(
    ("status", "cause", "said"),
    [
        (DeliveryStatus.REFUSED, "550 5.1.1 no such user here", "unknown address"),
        (DeliveryStatus.REFUSED, "552 5.2.2 over quota", "mailbox full"),
        (DeliveryStatus.REFUSED, "550 5.7.1 refused by policy", "refused by the provider"),
        (DeliveryStatus.REFUSED, "554 no", "refused"),
        (DeliveryStatus.HELD, "550 5.1.1 no such user here", "in doubt"),
        (DeliveryStatus.EXPIRED, "", "too late"),
    ],
)
def test_many_responses_mean_the_same(status: DeliveryStatus, cause: str, said: str) -> None:
    assert meaning_of(status, cause) == said
