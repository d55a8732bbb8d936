"""The ranker ``salience`` against sumy's LexRank on one text of about 1,400 sentences."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

from benchmarks.news import make_documents
from briefing.core.model import Sentence
from briefing.core.ports import Ranker
from briefing.core.text.rankers import classic, salience
from briefing.core.text.segment import segment

T = TypeVar("T")

SENTENCES = 1400
#: Processes in which salience is measured cold; the least of them counts.
PROCESSES = 5


def bench() -> list[dict[str, Any]]:
    """Return how many times as long LexRank takes, in CPU seconds of one thread.

    Cold is the first use in a process of its own; imports are not counted.
    """
    cold = min(_alone(_cold) for _ in range(PROCESSES))
    warm, slow = _alone(_warm_and_slow)
    return [_row("cold", cold, slow=slow), _row("warm", warm, slow=slow)]


def _row(case: str, taken: float, *, slow: float) -> dict[str, Any]:
    return {
        "case": f"rank {SENTENCES} {case} / lexrank",
        "ratio": round(slow / taken, 1),
        "seconds": round(taken, 4),
        "lexrank_seconds": round(slow, 2),
    }


def _alone(measure: Callable[[int], T]) -> T:
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned) as alone:
        return alone.submit(measure, SENTENCES).result()


def _cold(count: int) -> float:
    return _seconds(salience.score, _sentences(count))


def _warm_and_slow(count: int) -> tuple[float, float]:
    sentences = _sentences(count)
    warm = [_seconds(salience.score, sentences) for _ in range(4)]
    return min(warm[1:]), _seconds(classic.lexrank, sentences)


def _sentences(count: int) -> tuple[Sentence, ...]:
    text = "\n\n".join(document.text for document in make_documents(160))
    first = make_documents(1)[0]
    whole = type(first)(id="long", title=first.title, text=text)
    return segment(whole)[:count]


def _seconds(ranker: Ranker, sentences: tuple[Sentence, ...]) -> float:
    began = time.thread_time()
    ranker(sentences, titles={"long": "Many reports of one day"})
    return time.thread_time() - began
