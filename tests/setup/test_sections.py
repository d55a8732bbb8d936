"""Sections of settings: labels, words beside a trained model, and models of one section."""

from __future__ import annotations

from pathlib import Path

import pytest

from briefing.core.errors import ModelError, SettingsError, UsageError
from briefing.core.text.classifiers import linear
from briefing.core.text.classifiers.learning import learn
from briefing.setup.parts import classifier, letterhead, recipe
from briefing.setup.settings import Settings, load
from tests.core.text.test_learning import NO, YES

CLIMATE = 'name = "climate"\nwords = ["emission", "carbon price"]\n'
STORY = "Ministers agreed on a carbon price and on cuts of emissions. Emissions fell last year."


def settings(folder: Path, *sections: str, head: str = "") -> Settings:
    path = folder / "briefing.toml"
    parts = [head, *(f"[[sections]]\n{section}\n" for section in sections)]
    path.write_text("\n".join(parts), encoding="utf-8")
    return load(path)


def best(told: Settings, text: str, *, stories: bool = False) -> str:
    (row,) = classifier(told, stories=stories)([text])
    assert sum(row.values()) == pytest.approx(1.0)
    return max(row, key=lambda name: row[name])


@pytest.fixture(scope="module")
def sea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "sea.model"
    model = learn([*YES, *NO], section="sea")
    path.write_bytes(
        linear.to_bytes(model.sections, rarity=model.rarity, weights=model.weights, bias=model.bias)
    )
    return path


def test_words_define_a_section_beside_the_trained_model(tmp_path: Path) -> None:
    told = settings(tmp_path, 'name = "economy"', CLIMATE)
    for stories in (False, True):
        assert best(told, STORY, stories=stories) == "climate"
        assert best(told, "The bank raised interest rates again.", stories=stories) == "economy"


def test_a_section_without_words_or_a_model_is_refused(tmp_path: Path) -> None:
    told = settings(tmp_path, 'name = "climate"')
    with pytest.raises(UsageError, match="give the section words or a model of its own"):
        classifier(told)


def test_words_that_matched_are_told_for_any_classifier(tmp_path: Path) -> None:
    for head in ("", 'classifier = "keywords"'):
        told = settings(tmp_path, CLIMATE, head=head)
        assert recipe(told).matches(STORY) == (
            ("emissions", "climate", 2.0),
            ("carbon price", "climate", 1.0),
        )
    assert recipe(Settings()).matches(STORY) == ()


def test_a_model_of_one_section_works_beside_the_trained_one(tmp_path: Path, sea: Path) -> None:
    (tmp_path / "own.model").write_bytes(sea.read_bytes())
    told = settings(tmp_path, 'name = "economy"', 'name = "sea"\nmodel = "own.model"')
    assert best(told, "The ferry stood at the quay.") == "sea"
    assert best(told, "The bank raised interest rates again.") == "economy"
    assert recipe(told).manifest["model of sea"].startswith("sha256 ")


def test_a_model_that_is_none_of_one_section_is_refused(tmp_path: Path) -> None:
    told = settings(tmp_path, 'name = "sea"\nmodel = "own.model"')
    for content, why in ((None, "cannot be read"), (b"x", "not a model")):
        if content is not None:
            (tmp_path / "own.model").write_bytes(content)
        with pytest.raises(ModelError, match=rf"own\.model: .*{why}"):
            classifier(told)
    shipped = Path(linear.__file__).with_name("sections.model").read_bytes()
    (tmp_path / "own.model").write_bytes(shipped)
    with pytest.raises(ModelError, match="knows that section and other"):
        classifier(told)


def test_labels_are_of_the_letterhead_and_decide_nothing_else(tmp_path: Path) -> None:
    plain = settings(tmp_path, 'name = "economy"', 'name = "security"')
    labeled = settings(tmp_path, 'name = "economy"\nlabel = "Trade"', 'name = "security"')
    assert letterhead(labeled).labels == (("other", "Also"), ("economy", "Trade"))
    assert letterhead(plain).labels == (("other", "Also"),)
    assert recipe(labeled).manifest == recipe(plain).manifest
    assert recipe(labeled).sections == ("economy", "security")


@pytest.mark.parametrize("label", ["Wirtschaft & Ähnliches", "Οικονομία", "Экономика", "EU: €"])
def test_a_label_may_have_any_letters_of_the_fonts(tmp_path: Path, label: str) -> None:
    told = settings(tmp_path, f'name = "economy"\nlabel = "{label}"')
    assert letterhead(told).heading("economy") == label


@pytest.mark.parametrize(
    "label", ["x" * 41, " Trade", "\u7d4c\u6e08", "\u0627\u0642", "W" * 31, "a\\u0007b", "a\u202eb"]
)
def test_a_label_that_cannot_be_set_is_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(SettingsError, match=r"line 4: sections\.1\.label"):
        settings(tmp_path, f'name = "economy"\nlabel = "{label}"')
