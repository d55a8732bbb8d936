from datetime import UTC, datetime

import pytest

from briefing.core.model import DeliveryStatus, Ending, Run, Step
from briefing.web.admin.acts import came_of, figures_of, in_browser, meaning_of
from tests.examples import examples

COLLECTED = {"sources": 12, "items": 900, "fresh": 143, "edited": 2, "failing": 1}
PUBLISHED = {"documents": 171, "stories": 38, "printed": 12, "sentences": 30, "full": 99}


def run(step: Step, ending: Ending, words: str = "", *, told: dict[str, int] | None = None) -> Run:
    at = datetime(2026, 3, 12, tzinfo=UTC)
    return Run(1, "desk", step, at, ended=at, ending=ending, words=words, figures=told or {})


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (run(Step.COLLECT, Ending.PART, "x", told=COLLECTED), "143 new reports, 11 of 12 sources"),
        (run(Step.PUBLISH, Ending.DONE, told=PUBLISHED), "12 of 38 stories, page 99% full"),
        (run(Step.DELIVER, Ending.DONE, told={"sent": 409, "later": 2}), "409 sent, 2 later"),
        (run(Step.PUBLISH, Ending.DONE, "already published"), "already published"),
        (run(Step.COLLECT, Ending.FAILED, "no disk", told=COLLECTED), "no disk"),
        (run(Step.PUBLISH, Ending.EMPTY, "no new report"), "no new report"),
        (run(Step.COLLECT, Ending.DONE, told={"sources": 3}), "3 sources"),
        (run(Step.DELIVER, Ending.DONE), ""),
    ],
)
def test_what_came_of_a_run_is_a_line(ended: Run, said: str) -> None:
    assert came_of(ended) == said


def test_figures_are_told_also_of_what_failed() -> None:
    told = run(Step.COLLECT, Ending.FAILED, "no disk", told=COLLECTED)
    assert figures_of(told) == "143 new reports, 11 of 12 sources"


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
