"""The ranker ``salience`` against sumy's LexRank on one text of about 1,400 sentences."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.news import make_documents
from briefing.core.model import Sentence
from briefing.core.ports import Ranker
from briefing.core.text.rankers import lexrank, salience
from briefing.core.text.segment import segment
from briefing.core.text.words import stem

SENTENCES = 1400


def bench_ranking() -> list[dict[str, Any]]:
    """Return LexRank's time over that of salience, with cold and with warm stems."""
    sentences = _sentences()
    stem.cache_clear()
    cold = _seconds(salience.score, sentences)
    warm = _seconds(salience.score, sentences)
    slow = _seconds(lexrank.score, sentences)
    return [
        {"case": "lexrank / salience, cold", "ratio": round(slow / cold, 1), "seconds": cold},
        {"case": "lexrank / salience, warm", "ratio": round(slow / warm, 1), "seconds": warm},
    ]


def _sentences() -> tuple[Sentence, ...]:
    text = "\n\n".join(document.text for document in make_documents(160))
    first = make_documents(1)[0]
    whole = type(first)(id="long", title=first.title, text=text)
    return segment(whole)[:SENTENCES]


def _seconds(ranker: Ranker, sentences: tuple[Sentence, ...]) -> float:
    began = time.perf_counter()
    ranker(sentences, titles={"long": "Many reports of one day"})
    return round(time.perf_counter() - began, 4)
