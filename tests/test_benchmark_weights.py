import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.rounds import rounds
from benchmarks.weights import (
    WeighedDay,
    WeighedReport,
    train_head,
    train_importance,
    train_pairs,
    train_reading,
    train_style,
    train_worth,
)
from briefing import encoder
from briefing.core.errors import InputError
from briefing.core.language import Language
from briefing.core.model import Document, Sentence
from briefing.core.text.classifiers import linear
from briefing.core.text.importance import WEIGHTS
from briefing.core.text.opening import WORTH
from briefing.core.text.reference import FEATURES
from briefing.core.text.segment import segment
from briefing.lab.assess.stories import LabeledReport, by_day
from briefing.lab.evaluate.texts import LabeledArticle, read_article
from tests.core.text.test_cluster import word
from tests.core.text.test_kind import COLUMN, REPORT
from tests.lab.test_train import loose, read_texts


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


def day_of_stories(*, words: int) -> list[LabeledReport]:
    return [told(story, teller, words=words) for story in range(20) for teller in range(2)]


def test_a_model_learns_that_likeness_tells_an_event() -> None:
    files = [[day_of_stories(words=160)], [day_of_stories(words=30)]]
    weights = json.loads(train_pairs(files))
    assert weights["text"] > 0 > weights["bias"]
    assert train_pairs(files) == train_pairs(files)
    with pytest.raises(InputError, match="no file with 20 pairs of reports on one event"):
        train_pairs([[day_of_stories(words=30)[:10]], []])


FIRST = datetime(2026, 1, 1, 9, tzinfo=UTC)


def reports(*days: int | None) -> list[LabeledReport]:
    return [
        LabeledReport(
            Document(
                id=f"{n}",
                title="",
                text="",
                published=None if day is None else FIRST + timedelta(days=day),
            ),
            "s",
        )
        for n, day in enumerate(days)
    ]


def test_days_and_spans_are_rounds() -> None:
    days = by_day(reports(2, None, 0, 2))
    assert [(day, len(of)) for day, of in days.items()] == [("2026-01-01", 1), ("2026-01-03", 2)]
    assert [len(one) for one in rounds(reports(*[0] * 12, *[1] * 8))] == [12, 8]
    parts = rounds(reports(*range(60)))
    assert sum(map(len, parts)) == 60
    assert max(map(len, parts)) == 25
    assert [one for part in parts for one in part] == reports(*range(60))
    assert [len(one) for one in rounds(reports(None, None))] == [2]
    assert rounds([]) == []


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
    learned = json.loads(train_reading([labeled()]))
    assert set(learned) == {*FEATURES, "bias"}
    assert learned["points back"] > 0.1
    assert learned["quotation"] == 0
    assert all(learned[name] * sign >= 0 for name, sign in FEATURES.items())
    articles = [labeled("a"), labeled("b")]
    assert train_reading(articles) == train_reading(articles)
    one = json.loads(train_reading([labeled("a")]))
    many = json.loads(train_reading([labeled(f"a{number}") for number in range(5)]))
    assert many["points back"] > one["points back"]
    for nothing in ([], [labeled(leaning=False)]):
        with pytest.raises(InputError, match="no reading to learn"):
            train_reading(nothing)


def day(name: str) -> WeighedDay:
    return WeighedDay(
        name,
        terms=({"deed": 1.0, "states": 3.0}, {"deed": 1.0}, {"question": 1.0}, {"notice": 1.0}),
        importance=(3, 2, 1, 0),
        top=(True, False, False, False),
        reports=[
            WeighedReport(place, Document(f"{name}-{place}", title, ""), 3 - place)
            for place, title in enumerate(
                ("Truce signed", "Truce nears", "Orchids bloom", "Orchids fade")
            )
        ],
    )


DAYS = [day(name) for name in ("one-2026-03-10", "one-2026-03-11", "two-2026-03-10")]


def test_what_was_fitted_tells_the_series_that_it_never_saw_apart() -> None:
    model, fitted = train_importance(DAYS)
    assert (fitted["days"], fitted["stories"]) == (3, 12)
    assert (fitted["auc"], fitted["lead_right"], fitted["lead_in_first"]) == (1, 1, 1)
    assert set(fitted["weights"]) == set(WEIGHTS)
    assert fitted["weights"]["question"][1] < 0
    assert min(fitted["weights"]["deed"]) > 0 == max(fitted["weights"]["powers"])
    with_words, without = fitted["weights"]["words"]
    assert with_words > 0 == without
    told, other = linear.from_bytes(model)(["Truce signed", "Orchids fade"])
    assert told[WORTH] > 0.5 > other[WORTH]
    plain = [replace(one, top=(False,) * 4) for one in DAYS]
    assert train_importance(plain)[1]["lead_right"] == 0
    with pytest.raises(InputError, match="days of two series with stories of both kinds"):
        train_importance(DAYS[:2])


def test_the_worth_of_reports_is_learned_from_their_vectors() -> None:
    def truce(text: str) -> NDArray[np.float32]:
        return np.array(["Truce" in text, "Orchids" in text], dtype=np.float32)

    head = encoder.read(train_worth(DAYS, embed=truce))
    assert head.sections == (WORTH,)
    signed, fade = head.scores(["Truce signed", "Orchids fade"], truce)[:, 0]
    assert signed > 0 > fade


STYLED_DAYS = ("2026-03-10", "2026-03-11", "2026-03-12")
REPORTS = [
    (day, Document(f"{day}-{place}", "", text), opinion)
    for day in STYLED_DAYS
    for place, (text, opinion) in enumerate([(COLUMN.text, True), (REPORT.text, False)])
]


def test_what_was_fitted_tells_the_days_that_it_never_saw_apart() -> None:
    fitted = train_style(REPORTS)
    assert (fitted["reports"], fitted["opinion"], fitted["auc"]) == (6, 3, 1)
    assert set(fitted["weights"]) == set(Language.of("en").style.weights)
    assert fitted["weights"]["attribution"] < 0 < fitted["weights"]["first person"]
    why = "opinion pieces and other reports on two days or more"
    for of_one_kind in (REPORTS[:2], [report for report in REPORTS if report[2]]):
        with pytest.raises(InputError, match=why):
            train_style(of_one_kind)


def marked(text: str) -> NDArray[np.float32]:
    """Stand in for the encoder: one number for each word that tells a section."""
    row = np.zeros(384, dtype=np.float32)
    for at, mark in enumerate(tuple("rate army choir prices rebels painter".split())):
        row[at] = mark in text.lower()
    return row + np.float32(0.01)


def test_the_head_of_the_encoder_is_learned_from_labels_by_reading_alone() -> None:
    texts = [*read_texts(), loose("The army", "economy")]
    head = encoder.read(train_head(texts, embed=marked))
    assert head.sections == ("economy", "other", "security")
    scores = head.scores(["A rate", "A choir", "An army"], marked)
    assert scores.argmax(axis=1).tolist() == [0, 1, 2]
    assert train_head(read_texts(), embed=marked) == train_head(texts, embed=marked)
