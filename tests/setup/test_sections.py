import fcntl
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest

from briefing.core.errors import BusyError, ModelError, SettingsError, UsageError
from briefing.core.text.classifiers import linear
from briefing.core.text.classifiers.learning import Example, learn
from briefing.settings import Settings, load
from briefing.setup.parts import classifier, letterhead, recipe
from briefing.setup.section_trainer import SectionTrainer
from briefing.setup.settings_editor import SettingsEditor, TableEditor
from briefing.store.audit import Actor
from briefing.store.location import take
from tests.core.text.test_learning import NO, YES
from tests.store.ready import employ, ready_store

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


def test_words_define_a_section_and_those_that_matched_are_told(tmp_path: Path) -> None:
    told = settings(tmp_path, 'name = "economy"', CLIMATE)
    for stories in (False, True):
        assert best(told, STORY, stories=stories) == "climate"
        assert best(told, "The bank raised interest rates again.", stories=stories) == "economy"
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


def test_without_words_or_a_model_of_the_section_alone_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give the section words or a model of its own"):
        classifier(settings(tmp_path, 'name = "climate"'))
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
    assert letterhead(told).label("economy") == label


@pytest.mark.parametrize(
    "label", ["x" * 41, " Trade", "\u7d4c\u6e08", "\u0627\u0642", "W" * 31, "a\\u0007b", "a\u202eb"]
)
def test_a_label_that_cannot_be_set_is_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(SettingsError, match=r"line 4: sections\.1\.label"):
        settings(tmp_path, f'name = "economy"\nlabel = "{label}"')


AT = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)
ADA = Actor("ada", AT)
#: People at the same time.
_PEOPLE = 4


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[TableEditor]:
    with ready_store("briefing.db", folder=tmp_path) as store:
        employ(store, "ada")
        yield TableEditor(SettingsEditor(store, tmp_path / "briefing.toml", Settings))


class Watched(SectionTrainer):
    """One that looks, each time it has read the examples, whether somebody else could write."""

    def examples(self, name: str) -> tuple[Example, ...]:
        found = super().examples(name)
        folder = os.open(self.sections.settings.path.parent, os.O_RDONLY)
        try:
            with pytest.raises(BusyError):
                take(folder, fcntl.LOCK_EX, busy="somebody writes")
        finally:
            os.close(folder)
        return found


def test_between_reading_and_writing_examples_nobody_else_writes(tables: TableEditor) -> None:
    trainer, text = Watched(tables), "The ferry left the port at noon."
    assert trainer.say("sea", {text: True}, actor=ADA) == 1
    trainer.forget("sea", text, actor=ADA)
    trainer.forget("sea", text, actor=ADA)
    assert SectionTrainer(tables).examples("sea") == ()


def test_what_several_people_say_at_the_same_time_is_kept(tables: TableEditor) -> None:
    all_at_once = Barrier(_PEOPLE)

    def say(number: int) -> int:
        # Each has a trainer of its own, as after a change of the settings.
        trainer, text = SectionTrainer(tables), f"The ferry number {number} left the port."
        all_at_once.wait()
        return trainer.say("sea", {text: True}, actor=ADA)

    with ThreadPoolExecutor(_PEOPLE) as pool:
        assert list(pool.map(say, range(_PEOPLE))) == [1] * _PEOPLE
    assert len(SectionTrainer(tables).examples("sea")) == _PEOPLE
