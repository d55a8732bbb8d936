"""A briefing that is made beside another has all of its own, and is named by the settings of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from briefing.app.actor import Actor
from briefing.core.errors import OutputError
from briefing.core.model import Operator
from briefing.setup.another import find_another, make_another
from briefing.setup.clock import now
from briefing.setup.settings import FILE_NAME, load
from briefing.setup.settings.live import LiveSettings
from briefing.setup.settings.save import WrongSettingsError
from briefing.setup.settings_editor import SettingsEditor
from briefing.store import Store, audit, open_store, operators
from tests.store.ready import ready_store

ADA = Actor("ada", "203.0.113.0/24")
BEGIN = '# Ours\nname = "Ostra Desk"\n'


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(ready_store("briefing.db", folder=tmp_path)) as store:
        yield store


def desk_of(folder: Path, store: Store, text: str = BEGIN) -> SettingsEditor:
    path = folder / FILE_NAME
    path.write_text(text, encoding="utf-8")
    return SettingsEditor(store, path, LiveSettings(path, partial(load, path), load(path)))


def test_it_has_all_of_its_own_and_the_same_operator(store: Store, tmp_path: Path) -> None:
    desk = desk_of(tmp_path, store)
    with store.write() as tx:
        operators.keep(tx, Operator("ada", "hash", now()))
    made = make_another(desk, "Climate Desk", zone="Europe/Zurich", actor=ADA)
    assert made == tmp_path / "climate-desk" / FILE_NAME
    settings = load(made)
    assert (settings.name, settings.schedule.zone) == ("Climate Desk", "Europe/Zurich")
    assert settings.web.address == ""
    with closing(open_store(settings.store.at, folder=made.parent)) as other, other.read() as tx:
        found = operators.get(tx, "ada")
    assert found
    assert found.hash == "hash"
    with store.read() as tx:
        acts = [(act.what, act.about) for act in audit.recent(tx)]
    listed = f"climate-desk/{FILE_NAME}"
    named = ("change setting", f"also: (empty) -> {listed}")
    assert acts == [("create briefing", "Climate Desk"), named]
    assert find_another(desk, "climate-desk") == made
    assert (desk.live.also, desk.path.read_text().startswith("# Ours")) == ((listed,), True)
    with pytest.raises(WrongSettingsError, match="already exists"):
        make_another(desk, "Climate Desk", zone="UTC", actor=ADA)


def test_its_pages_stand_below_those_of_the_one(store: Store, tmp_path: Path) -> None:
    desk = desk_of(tmp_path, store, f'{BEGIN}[web]\naddress = "https://news.example/far"\n')
    made = make_another(desk, "Été", zone="UTC", actor=ADA)
    assert load(made).web.address == "https://news.example/far/%C3%A9t%C3%A9"


@pytest.mark.parametrize("name", ["", "x" * 61, "a\nb"])
def test_without_a_name_it_is_not_made(store: Store, tmp_path: Path, name: str) -> None:
    desk = desk_of(tmp_path, store)
    with pytest.raises(WrongSettingsError):
        make_another(desk, name, zone="UTC", actor=ADA)
    assert not [one for one in tmp_path.iterdir() if one.is_dir()]


def test_a_name_that_is_a_path_leads_nowhere_else(store: Store, tmp_path: Path) -> None:
    made = make_another(desk_of(tmp_path, store), "../..", zone="UTC", actor=ADA)
    assert made.parent.parent == tmp_path


def test_where_the_settings_cannot_name_it_it_is_not_made_and_can_be_tried_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(tmp_path, store)
    real = Path.replace

    def full(self: Path, target: Path) -> Path:
        if target == desk.path.resolve():
            raise OSError(28, "No space left on device")
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(OutputError, match="No space left"):
            make_another(desk, "Climate Desk", zone="UTC", actor=ADA)
    assert tomllib.loads(desk.path.read_text()) == {"name": "Ostra Desk"}
    assert make_another(desk, "Climate Desk", zone="UTC", actor=ADA).is_file()
