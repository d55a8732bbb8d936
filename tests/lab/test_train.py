import sys

import pytest

from briefing.core.errors import InputError, MissingPartError
from briefing.core.text.classifiers import linear
from briefing.lab import train
from briefing.lab.evaluate.sections import LabelledText
from tests.examples import examples, tables

READ = tables(__file__)["READ"]


def read_texts() -> list[LabelledText]:
    return [
        LabelledText(str(at), "guide", "sentence", text, section)
        for at, (section, text) in enumerate(READ)
    ]


def loose(text: str, section: str, *, trust: float = train.BY_ARTICLE) -> LabelledText:
    return LabelledText("n", "noisy", "headline", text, section, trust=trust)


def best(model: bytes, text: str) -> str:
    row = linear.from_bytes(model)([text])[0]
    return max(row, key=row.__getitem__)


def test_what_was_taught_is_known_with_the_same_bytes() -> None:
    model = train.train(read_texts())
    assert linear.from_bytes(model).sections == ("economy", "other", "security")
    assert [best(model, text) for _, text in READ] == [section for section, _ in READ]
    assert train.train(read_texts()) == train.train(read_texts())
    two = [text for text in read_texts() if text.section != "security"]
    model = train.train(two)
    assert linear.from_bytes(model).sections == ("economy", "other")
    assert [best(model, text.text) for text in two] == [text.section for text in two]


def test_loose_texts_teach_only_what_the_first_model_agrees_on() -> None:
    news = [loose("Zinc prices fell at the market", "economy")] * 8
    alone, both = train.train(read_texts()), train.train([*read_texts(), *news])
    word = ["zinc"]
    assert (
        linear.from_bytes(both)(word)[0]["economy"]
        > linear.from_bytes(alone)(word)[0]["economy"] + 0.05
    )
    wrong = [loose("Rebels attacked an army convoy", "economy")] * 8
    model = train.train([*read_texts(), *wrong])
    assert best(model, "Rebels attacked an army convoy") == "security"
    model = train.train([*read_texts(), loose("The match ended in a draw", "sport")])
    assert "sport" not in linear.from_bytes(model).sections
    texts = [loose(text, section, trust=train.BY_HEADING) for section, text in READ]
    assert train.train(texts) == train.train(read_texts())


def test_an_acceptable_second_section_gets_its_share() -> None:
    text = "The army bought grain at the market."
    plain = LabelledText("x", "guide", "sentence", text, "economy")
    also = LabelledText("x", "guide", "sentence", text, "economy", ("security",))
    without, given = (
        linear.from_bytes(train.train([*read_texts(), extra]))([text])[0]["security"]
        for extra in (plain, also)
    )
    assert given > without


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ([], "two or more sections"),
        ([loose("A choir", "other")], "two or more sections"),
        ([loose("A choir", "a"), loose("An oak", "b")], "named other"),
        ([loose("choir", "a"), loose("xy", "other")], "more texts"),
    ],
)
def test_texts_that_teach_nothing_are_refused(texts: list[LabelledText], told: str) -> None:
    with pytest.raises(InputError, match=told):
        train.train(texts)


def test_without_scikit_learn_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(MissingPartError, match="pip install"):
        train.train(read_texts())


def test_the_keys_of_a_line_say_what_it_is() -> None:
    line = {"id": "g1", "kind": "wcep", "text": "T", "section": "a", "also": ["b", "a"]}
    assert train.from_lines([line], name="guide") == (
        LabelledText("g1", "guide", "wcep", "T", "a", ("b",)),
    )
    (text,) = train.from_lines([{"text": "T", "section": "a", "also": []}], name="mine")
    assert (text.id, text.kind, text.trust) == ("1", "mine", train.BY_READING)
    line = {"id": "a1", "title": "Title", "text": "First  line.\n" + "x" * 900, "section": "a"}
    title, opening = train.from_lines([line], name="articles")
    assert (title.kind, title.text, title.trust) == ("headline", "Title", train.BY_ARTICLE)
    assert opening.kind == "article"
    assert opening.text.startswith("Title. First line. xxx")
    assert len(opening.text) == len("Title. ") + 300
    (text,) = train.from_lines([{"id": "w", "text": "T", "section": "a"}], name="wcep")
    assert text == LabelledText("w", "wcep", "sentence", "T", "a", trust=train.BY_HEADING)
    texts = train.from_lines([{"title": "A", "text": "B"}], name="wire", section="economy")
    assert [text.section for text in texts] == ["economy", "economy"]


@examples("line, told")
def test_a_line_without_labels_is_told_by_its_number(line: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        train.from_lines([{"text": "T", "section": "a"}, line], name="mine")


def article(number: str, title: str, text: str, section: str) -> dict[str, object]:
    return {"id": number, "title": title, "text": text, "section": section}


def test_an_article_is_labelled_as_its_headline_was_by_reading() -> None:
    line = {
        "kind": "headline",
        "text": "Bank \n cuts rate",
        "section": "economy",
        "also": ["other"],
    }
    read = train.from_lines([line], name="guide")
    filed = train.from_lines(
        [
            article("a", "Bank cuts  rate", "It fell.", "other"),
            article("b", "Choir", "It sang.", "other"),
        ],
        name="articles",
    )
    headline, opening = train.stories([*read, *filed])
    assert headline is read[0]
    assert opening.text == "Bank cuts  rate. It fell."
    assert (opening.section, opening.also) == ("economy", ("other",))
    assert opening.trust == train.BY_READING
    title, opening = train.from_lines([article("a", "Choir", "It sang.", "other")], name="x")
    (story,) = train.stories([title, opening])
    assert (story.text, story.section) == ("Choir. It sang.", "other")
    assert train.stories([*read_texts(), title, opening]) == read_texts()
    assert train.stories([*read_texts(), opening]) == read_texts()
    assert train.stories([title]) == []
