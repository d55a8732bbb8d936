from __future__ import annotations

from datetime import UTC, datetime

import pytest

from briefing.core.errors import InputError
from briefing.core.model import Document
from briefing.core.text.likeness import from_bytes
from briefing.lab.rounds import LabeledReport
from briefing.lab.train_stories import train
from tests.core.text.test_cluster import word


def told(story: int, teller: int, *, words: int) -> LabeledReport:
    """Return a report that shares half of its words with others on its event."""
    own = [word(1_000 * story + n) for n in range(words // 2)]
    rest = [word(90_000 + 100 * teller + n) for n in range(words // 2)]
    text = " ".join([*own, *rest])
    return LabeledReport(
        Document(
            id=f"{story}-{teller}",
            title=" ".join(own[:4]),
            text=text,
            published=datetime(2026, 1, 1, tzinfo=UTC),
        ),
        f"s{story}",
    )


def day(*, words: int) -> list[LabeledReport]:
    return [told(story, teller, words=words) for story in range(20) for teller in range(2)]


def test_a_model_learns_that_likeness_tells_an_event() -> None:
    files = [[day(words=160)], [day(words=30)]]
    weights = from_bytes(train(files)).weights
    assert weights[0] > 0
    assert weights[-1] < 0
    assert train(files) == train(files)


def test_too_few_stories_are_refused() -> None:
    with pytest.raises(InputError, match="no file with 20 pairs of reports on one event"):
        train([[day(words=30)[:10]], []])
