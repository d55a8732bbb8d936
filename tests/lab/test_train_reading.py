"""Learning what says that a sentence leans on another."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from briefing.core.errors import InputError
from briefing.core.model import Document, Sentence
from briefing.core.text.reference import FEATURES
from briefing.core.text.segment import segment
from briefing.lab.evaluate.reading import LabeledArticle, read_article
from briefing.lab.train_reading import train

TEXT = (
    "Ada Lind opened the harbor of Essen. However, crews stayed away. She also spoke at noon. "
    "Bo Holt of Norland was there. Photo by hand."
)


def labeled(name: str = "a", *, leaning: bool = True) -> tuple[LabeledArticle, Sequence[Sentence]]:
    sentences = segment(Document(name, "Harbor", TEXT))
    needs = [[], [0], [0], [], []] if leaning else [[]] * 5
    line = {
        "id": name,
        "title": "Harbor",
        "text": TEXT,
        "spans": [[one.start, one.end] for one in sentences],
        "readers": [{"needs": needs, "kind": [*["news"] * 4, "junk"], "lead": [1, 0, 0, 0, 0]}],
    }
    return read_article(line), sentences


def test_what_leans_in_the_labels_gets_weight_and_what_never_does_gets_none() -> None:
    learned = json.loads(train([labeled()]))
    assert set(learned) == {*FEATURES, "bias"}
    assert learned["points back"] > 0.1
    assert learned["quotation"] == 0
    assert all(learned[name] * sign >= 0 for name, sign in FEATURES.items())


def test_the_same_articles_give_the_same_bytes() -> None:
    articles = [labeled("a"), labeled("b")]
    assert train(articles) == train(articles)


def test_more_articles_are_trusted_more() -> None:
    one = json.loads(train([labeled("a")]))
    many = json.loads(train([labeled(f"a{number}") for number in range(5)]))
    assert many["points back"] > one["points back"]


@pytest.mark.parametrize("articles", [[], [labeled(leaning=False)]])
def test_articles_of_one_kind_teach_nothing(
    articles: list[tuple[LabeledArticle, Sequence[Sentence]]],
) -> None:
    with pytest.raises(InputError, match="no reading to learn"):
        train(articles)
