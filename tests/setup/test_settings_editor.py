import os
import sqlite3
import tomllib
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from briefing.core.errors import OutputError, SettingsError, StoreError
from briefing.core.model import Operator, Role
from briefing.settings import FILE_NAME, LiveSettings, Renewed, Settings, load
from briefing.settings.file import WrongSettingsError
from briefing.settings.reference import GROUPS, SECRET
from briefing.setup.clock import now
from briefing.setup.settings_editor import SettingsEditor, find_another, make_another
from briefing.store import Store, audit, open_store, operators
from briefing.store.audit import Actor
from tests.cli.test_operators import acts
from tests.examples import examples
from tests.press.test_logo import SHAPES
from tests.store.ready import act, employ, look

ADA = Actor("ada", now(), "203.0.113.0/24")
SVG = SHAPES.encode()
BEGIN = '# Ours\nname = "Ostra Desk"\n\n[schedule]\nat = "18:00" # after tea\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / FILE_NAME
    path.write_text(BEGIN, encoding="utf-8")
    return path


@pytest.fixture
def live(path: Path) -> LiveSettings:
    return LiveSettings(path, partial(load, path), load(path))


@pytest.fixture
def desk(path: Path, store: Store, live: LiveSettings) -> SettingsEditor:
    employ(store, "ada")
    return SettingsEditor(store, path, live)


def change(desk: SettingsEditor, name: str, value: object) -> None:
    desk.save({name: value}, seen=desk.file().seen([name]), actor=ADA)  # type: ignore[dict-item]


def test_a_change_is_audited_with_who_what_and_where(desk: SettingsEditor, store: Store) -> None:
    change(desk, "schedule.at", "07:15")
    (act,) = acts(store)
    assert (act.who, act.what, act.origin) == ("ada", "change setting", "203.0.113.0/24")
    assert act.about == "schedule.at: 18:00 -> 07:15"


def test_what_may_be_secret_is_not_logged(desk: SettingsEditor, store: Store, path: Path) -> None:
    change(desk, "alerts.webhook", "https://chat.example/hook/s3cret")
    change(desk, "alerts.webhook", "")
    assert [act.about for act in acts(store)] == ["alerts.webhook: emptied", "alerts.webhook: set"]
    assert load(path).alerts.webhook == ""


def test_a_failing_log_changes_nothing(desk: SettingsEditor, store: Store, path: Path) -> None:
    def full(_connection: Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    event.listen(store._engine, "commit", full)
    with pytest.raises(StoreError, match="full"):
        change(desk, "name", "B")
    assert path.read_text(encoding="utf-8") == BEGIN
    event.remove(store._engine, "commit", full)
    assert acts(store) == []
    change(desk, "name", "B")
    assert [act.about for act in acts(store)] == ["name: Ostra Desk -> B"]


@examples("name, value, words")
def test_what_is_valid_and_cannot_be_used_is_refused_beside_its_field(
    desk: SettingsEditor, path: Path, name: str, value: str, words: str
) -> None:
    with pytest.raises(WrongSettingsError) as error:
        change(desk, name, value)
    assert words in error.value.wrong[name]
    assert path.read_text(encoding="utf-8") == BEGIN


def test_what_was_wrong_before_keeps_nobody_from_the_rest(path: Path, store: Store) -> None:
    path.write_text(BEGIN + '[page]\nlogo = "gone.svg"\n', encoding="utf-8")
    desk = SettingsEditor(store, path, LiveSettings(path, partial(load, path), load(path)))
    employ(store, "ada")
    change(desk, "schedule.at", "07:15")
    assert load(path).schedule.at == "07:15"


def test_a_secret_is_only_set(path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIEFING_SMTP_PASSWORD", "hunter2")
    more = '[mail]\nbounces_password_file = "box.txt"\n[oidc]\nissuer = "https://login.example"\n'
    path.write_text(BEGIN + more, encoding="utf-8")
    desk = SettingsEditor(store, path, LiveSettings(path, partial(load, path), load(path)))
    told = {source: is_set for _, source, is_set in desk.secrets()}
    files = dict.fromkeys(("box.txt", "briefing.secrets", "oidc.secret"), False)
    assert told == {"BRIEFING_SMTP_PASSWORD": True, **files}
    assert "hunter2" not in repr(desk.secrets())


class TestLive:
    """What is in force, in every process that has the file."""

    def test_while_the_file_has_mistakes_the_settings_before_stay(
        self, live: LiveSettings, path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        before = live()
        path.write_text("name = 5\n", encoding="utf-8")
        assert live() is before
        assert live() is before
        assert caplog.text.count("settings are not taken over") == 1
        path.write_text('name = "Mended"\n', encoding="utf-8")
        assert live().name == "Mended"

    def test_what_is_opened_at_the_start_stays(self, live: LiveSettings, path: Path) -> None:
        path.write_text('name = "B"\n[store]\nat = "other.db"\n', encoding="utf-8")
        assert live().name == "B"
        assert live().store.at == "briefing.db"

    def test_a_file_that_is_made_and_removed_is_followed(self, tmp_path: Path) -> None:
        path = tmp_path / FILE_NAME
        read = lambda: load(path) if path.exists() else Settings()  # noqa: E731
        live = LiveSettings(path, read, Settings())
        assert live().name == "Briefing"
        path.write_text('name = "B"\n', encoding="utf-8")
        assert live().name == "B"
        path.unlink()
        assert live().name == "Briefing"

    def test_what_cannot_be_made_of_new_settings_stays_as_it_was(
        self, live: LiveSettings, path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        def make(settings: Settings) -> str:
            if settings.name == "Broken":
                raise SettingsError("no such thing")
            return settings.name

        renewed = Renewed(live, make)
        assert renewed() == "Ostra Desk"
        path.write_text('name = "Broken"\n', encoding="utf-8")
        assert [renewed(), renewed()] == ["Ostra Desk", "Ostra Desk"]
        assert caplog.text.count("changed settings cannot be used: no such thing") == 1
        path.write_text('name = "Whole"\n', encoding="utf-8")
        assert renewed() == "Whole"

    def test_what_raises_anything_at_all_with_new_settings_ends_nobody_who_asks(
        self, live: LiveSettings, path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        def make(settings: Settings) -> float:
            return 1 / len(settings.dateline)

        path.write_text('dateline = "Ostra"\n', encoding="utf-8")
        renewed = Renewed(live, make)
        before = renewed()
        path.write_text('dateline = ""\n', encoding="utf-8")
        assert [renewed(), renewed()] == [before, before]
        assert caplog.text.count("changed settings cannot be used") == 1


def test_no_setting_asked_for_opens_a_door() -> None:
    names = [name for group in GROUPS for name in group.names]
    assert len(set(names)) == len(names)
    doors = {"mail.host", "mail.sender", "collect.proxy", "collect.allow_hosts", "store.at"}
    assert not doors & set(names)
    assert SECRET & set(names) == {"alerts.webhook"}
    assert os.sep not in "".join(names)


BEGIN_SETTINGS = '# Ours\nname = "Ostra Desk"\n'


def desk_of(folder: Path, store: Store, text: str = BEGIN_SETTINGS) -> SettingsEditor:
    path = folder / FILE_NAME
    path.write_text(text, encoding="utf-8")
    employ(store, "ada")
    return SettingsEditor(store, path, LiveSettings(path, partial(load, path), load(path)))


def test_it_has_all_of_its_own_and_the_same_operator(store: Store, tmp_path: Path) -> None:
    desk = desk_of(tmp_path, store)
    act(store, operators.keep, Operator("ada", "hash", now(), Role.ADMINISTRATOR))
    made = make_another(desk, "Climate Desk", zone="Europe/Zurich", actor=ADA)
    assert made == tmp_path / "climate-desk" / FILE_NAME
    settings = load(made)
    assert (settings.name, settings.schedule.zone) == ("Climate Desk", "Europe/Zurich")
    assert settings.web.address == ""
    with open_store(settings.store.at, folder=made.parent) as other, other.read() as tx:
        found = operators.get(tx, "ada")
    assert found
    assert found.hash == "hash"
    acts = [(act.what, act.about) for act in look(store, audit.recent)]
    listed = f"climate-desk/{FILE_NAME}"
    named = ("change setting", f"also: (empty) -> {listed}")
    assert acts == [("create briefing", "Climate Desk"), named]
    assert find_another(desk, "climate-desk") == made
    assert (desk.live.also, desk.path.read_text().startswith("# Ours")) == ((listed,), True)
    with pytest.raises(WrongSettingsError, match="already exists"):
        make_another(desk, "Climate Desk", zone="UTC", actor=ADA)


def test_its_pages_stand_below_those_of_the_one(store: Store, tmp_path: Path) -> None:
    desk = desk_of(
        tmp_path, store, f'{BEGIN_SETTINGS}[web]\naddress = "https://news.example/far"\n'
    )
    made = make_another(desk, "Été", zone="UTC", actor=ADA)
    assert load(made).web.address == "https://news.example/far/%C3%A9t%C3%A9"


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
