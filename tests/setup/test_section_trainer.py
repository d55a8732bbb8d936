"""What several people do with the examples of one section at the same time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest

from briefing.app.actor import Actor
from briefing.core.errors import BusyError
from briefing.core.text.classifiers.learning import Example
from briefing.setup.section_trainer import SectionTrainer
from briefing.setup.settings import Settings
from briefing.setup.settings_editor import SettingsEditor
from briefing.setup.table_editor import TableEditor
from briefing.store.lock import take
from tests.store.ready import ready_store

AT = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)
ADA = Actor("ada")
#: People at the same time.
_PEOPLE = 4


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[TableEditor]:
    with closing(ready_store("briefing.db", folder=tmp_path)) as store:
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
    assert trainer.say("sea", {text: True}, actor=ADA, at=AT) == 1
    trainer.forget("sea", text, actor=ADA, at=AT)
    trainer.forget("sea", text, actor=ADA, at=AT)
    assert SectionTrainer(tables).examples("sea") == ()


def test_what_several_people_say_at_the_same_time_is_kept(tables: TableEditor) -> None:
    all_at_once = Barrier(_PEOPLE)

    def say(number: int) -> int:
        # Each has a trainer of its own, as after a change of the settings.
        trainer, text = SectionTrainer(tables), f"The ferry number {number} left the port."
        all_at_once.wait()
        return trainer.say("sea", {text: True}, actor=ADA, at=AT)

    with ThreadPoolExecutor(_PEOPLE) as pool:
        assert list(pool.map(say, range(_PEOPLE))) == [1] * _PEOPLE
    assert len(SectionTrainer(tables).examples("sea")) == _PEOPLE
