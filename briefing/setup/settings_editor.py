"""Settings as operators change them: previewed, audited and written; further briefings."""

import os
import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256
from importlib import resources
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import quote

from briefing.app.access import welcome
from briefing.app.deliver.administration import relay_works
from briefing.app.editors import next_to_print
from briefing.app.publish import draft
from briefing.core import record
from briefing.core.edition import slug
from briefing.core.errors import (
    BriefingError,
    InputError,
    MissingPartError,
    SettingsError,
    UsageError,
    writing,
)
from briefing.core.frozen import frozen
from briefing.core.messages import Translatable
from briefing.press.logo import embed
from briefing.press.spoken import spoken_needs
from briefing.press.wording import worded_in
from briefing.settings import FILE_NAME, Live, Settings
from briefing.settings.file import (
    Changes,
    Proposal,
    SettingChange,
    SettingsFile,
    edited,
    make_file,
    propose,
    read,
    save,
)
from briefing.settings.reference import LISTS, SECRET, template
from briefing.setup.channels import channels_of, check_reach
from briefing.setup.checks import probe_page
from briefing.setup.clock import now
from briefing.setup.news import publish_plan
from briefing.setup.parts import classifier, letterhead, press, theme
from briefing.setup.post import relay_of, sender_of, web_of
from briefing.store import Store, archive, editions, open_store, operators
from briefing.store.audit import Actor
from briefing.store.location import write_private

#: Names of uploaded logos: a digest, so that the same picture is kept once.
UPLOADED = re.compile(r"logo-[0-9a-f]{16}\.(?:svg|png)")
#: File with the relay's password as sent by a browser; readable by its owner only.
PASSWORD_FILE = "relay.password"  # noqa: S105  a name
#: Names of files with the secrets of channels.
_CHANNEL_SECRET = re.compile(r"channel-[0-9a-f]{16}\.secret")
#: Most characters of a value in the audit log.
_SHOWN = 80
#: Previews that are cached; people look at one at a time.
_KEPT = 4
#: Seconds after which a preview is laid out again.
_FRESH = 300


class ChangePreview(NamedTuple):
    """The next page as printed with changed settings."""

    #: What is shown: "draft", "edition" or "sample".
    of: str
    day: date
    pdf: bytes
    #: Why the page could not be printed; empty if it could.
    trouble: str = ""


def mark_of(text: str) -> str:
    """Return a digest of settings or of their file, for forms and addresses."""
    return sha256(text.encode()).hexdigest()[:16]


class SettingsEditor:
    """Changes the settings file of a briefing; thread-safe."""

    def __init__(self, store: Store, path: Path, live: Live) -> None:
        """Prepare changes of a settings file, which need not exist; ``store`` has the audit log."""
        self.store, self.path, self._live = store, path, live
        self._previews: dict[tuple[str, int], ChangePreview] = {}
        self._laying_out = Lock()

    @property
    def live(self) -> Settings:
        """The settings in force."""
        return self._live()

    def file(self) -> SettingsFile:
        """Return the file as it is now; raise SettingsError if it is unreadable or not TOML."""
        return read(self.path)

    def propose(self, changes: Changes) -> Proposal:
        """Return the file with changes, checked but not written.

        Raises WrongSettingsError if it would have mistakes, and SettingsError if the file cannot be
        read or edited.
        """
        return propose(self.file(), changes, check=self._wrong)

    def save(
        self,
        changes: Changes,
        *,
        seen: str,
        actor: Actor,
        before: Callable[[], None] = lambda: None,
    ) -> Proposal:
        """Write changes, each with an entry in the audit log.

        ``before`` is called once all checks have passed. Raises StoreError if the audit log cannot
        be written (nothing is changed then), and the errors of :func:`briefing.settings.file.save`.
        """
        self.store.look(actor.permit, "change setting")

        def note(done: Sequence[SettingChange]) -> None:
            # Committed before the file is replaced, so that no change lacks its entry.
            with self.store.write() as tx:
                before()
                for change in done:
                    actor.note(tx, "change setting", _audit_words(change))

        return save(self.path, changes, seen=seen, check=self._wrong, record=note)

    def preview(self, settings: Settings) -> ChangePreview:
        """Return the next page as printed with these settings.

        Without reports, it is the last edition in their look; before the first edition, a sample.
        """
        # A draft changes as reports come in.
        key = (settings.model_dump_json(), int(now().timestamp()) // _FRESH)
        with self._laying_out:
            if key not in self._previews:
                for old in list(self._previews)[: 1 - _KEPT]:
                    del self._previews[old]
                self._previews[key] = self._lay_out(settings)
            return self._previews[key]

    def previewed(self, mark: str) -> ChangePreview | None:
        """Return a recent preview by the :func:`mark_of` its settings; None if there is none."""
        kept = [*self._previews.items()]
        return next((page for (text, _), page in kept if mark_of(text) == mark), None)

    def begins_again(self, settings: Settings) -> bool:
        """Return whether a changed name would make published pages unreachable."""
        before = self.live.briefing
        if settings.briefing == before:
            return False
        return bool(self.store.look(archive.days, before, first=date.min, last=date.max))

    def keep_logo(self, content: bytes) -> str:
        """Check a picture, save it beside the settings file, and return its name there.

        Raises InputError if it is not suitable, and OutputError if it cannot be written.
        """
        try:
            kind, _, data = embed(content).partition(",")
        except ValueError as error:
            raise InputError(Translatable("the picture {why}", why=str(error))) from error
        clean = b64decode(data)
        ending = "png" if "png" in kind else "svg"
        name = f"logo-{sha256(clean).hexdigest()[:16]}.{ending}"
        folder = self.path.parent
        with writing(folder, "the logo cannot be kept"):
            if not (folder / name).exists():
                write_private(folder / name, clean)
        return name

    def is_logo(self, name: str) -> bool:
        """Return whether a name is that of an uploaded logo."""
        return UPLOADED.fullmatch(name) is not None and (self.path.parent / name).is_file()

    def save_relay(self, changes: Changes, *, password: str, seen: str, actor: Actor) -> Proposal:
        """Save the settings of the relay and its password in a file, before any mail has been sent.

        The password must be typed again for another relay: it must not leak to one chosen by
        whoever signs in. Raises SettingsError if mail is already being sent, OutputError if the
        password cannot be written, and the errors of :meth:`save`.
        """
        if self.store.look(relay_works):
            raise SettingsError(
                Translatable("mail is already being sent; change the relay in the settings file")
            )
        if not password:
            other = changes.get("mail.host") != self.live.mail.host
            forgotten = {"mail.password_file": None} if other else {}
            return self.save({**changes, **forgotten}, seen=seen, actor=actor)
        named = {**changes, "mail.password_file": PASSWORD_FILE}

        def keep() -> None:
            # Only now: of two operators who set the relay, the refused one must leave no password.
            folder = self.path.parent
            with writing(folder, "the password cannot be kept"):
                write_private(folder / PASSWORD_FILE, f"{password}\n".encode())

        return self.save(named, seen=seen, actor=actor, before=keep)

    @property
    def is_writable(self) -> bool:
        """Whether the file can be replaced, as far as can be told without trying."""
        path = self.path.resolve()
        return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))

    def secrets(self) -> tuple[tuple[str, str, bool], ...]:
        """Return the purpose of each secret, its file or variable, and whether it is set."""
        states = []
        for label, file, what in self.live.secret_files:
            variable = f"BRIEFING_{what}_PASSWORD"
            is_set = (self.path.parent / file).is_file() if file else variable in os.environ
            states.append((label, file or variable, is_set))
        return tuple(states)

    def _wrong(self, settings: Settings) -> Mapping[str, str]:
        """Return further errors by name, except those that existed before."""
        wrong = dict[str, str]()
        for name in _CHECKS:
            reason = _why_not(name, settings)
            if reason and reason not in wrong.values():
                wrong[name] = reason
        live = self.live
        changed = {name: why for name, why in wrong.items() if why != _why_not(name, live)}
        for number, table in enumerate(settings.channel, 1):
            try:
                if table not in live.channel:
                    check_reach(settings, table)
            except BriefingError as error:
                name = "secret_file" if "secret" in str(error) else "address"
                changed[f"channel.{number}.{name}"] = error.args[0]
        return changed

    @worded_in("")  # a page is in the language of its news, whoever looks
    def _lay_out(self, settings: Settings) -> ChangePreview:
        at = now()
        day, _ = self.store.look(
            next_to_print, settings.briefing, timetable=settings.timetable, at=at
        )
        try:
            try:
                made = draft(self.store, publish_plan(settings), day=day, now=at)
            except (InputError, UsageError):
                return self._without_reports(settings, day)
            return ChangePreview("draft", day, made.pdf)
        except BriefingError as error:
            return ChangePreview("draft", day, b"", error.args[0] if error.args else "")

    def _without_reports(self, settings: Settings, day: date) -> ChangePreview:
        stored = self.store.look(editions.last, self.live.briefing)
        page = settings.page
        if not stored and (page.theme != "classic" or page.paper not in {"A4", "Letter"}):
            return ChangePreview("sample", day, probe_page(settings, day))
        sample = resources.files(__package__) / "sample.json"
        text = stored.record if stored else sample.read_text(encoding="utf-8")
        last = record.read(text, name=stored.id if stored else "sample").edition
        changed = replace(
            last, name=settings.name, dateline=settings.dateline, letterhead=letterhead(settings)
        )
        of = "edition" if stored else "sample"
        return ChangePreview(of, last.day, press(settings).print(changed))


def _audit_words(change: SettingChange) -> str:
    if change.name in {each.key for each in LISTS}:
        words = _rows_words(change.old, change.new, shows=change.name not in SECRET)
        return f"{change.name}: {words}"
    if change.name in SECRET:
        return f"{change.name}: {'set' if change.new else 'emptied'}"
    return f"{change.name}: {_short(change.old)} -> {_short(change.new)}"


def _rows_words(old: Any, new: Any, *, shows: bool) -> str:  # noqa: ANN401  tables of TOML
    """Return changes in a list of named tables, in words; with values if ``shows``."""
    before, after = ({str(row["name"]): row for row in rows} for rows in (old, new))
    parts = [f"{name} added" for name in after if name not in before]
    parts += [f"{name} removed" for name in before if name not in after]
    parts += [
        f"{name}.{key}"
        + (f": {_short(before[name].get(key, ''))} -> {_short(row.get(key, ''))}" if shows else "")
        for name, row in after.items()
        if name in before
        for key in dict.fromkeys((*before[name], *row))
        if (before[name].get(key) or "") != (row.get(key) or "")
    ]
    return "; ".join(parts) or f"order {', '.join(after)}"


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"{text[:_SHOWN]}…" if len(text) > _SHOWN else text or "(empty)"


def _check_spoken(settings: Settings) -> None:
    missing = spoken_needs()
    if settings.publish.spoken and missing:
        raise MissingPartError(f"needs {missing}")


#: Checks of valid settings by name: installed parts, usable addresses.
_CHECKS: Mapping[str, Callable[[Settings], object]] = {
    "page.theme": theme,
    "page.paper": lambda settings: theme(settings).paper(settings.page.paper),
    "page.logo": letterhead,
    "sections": lambda settings: [
        classifier(settings, stories=stories) for stories in (False, True)
    ],
    "mail.sender": lambda settings: settings.mail.sender and sender_of(settings),
    "web.address": lambda settings: settings.mail.sender and web_of(settings),
    "publish.spoken": _check_spoken,
    # Without a login, since its password may not exist yet.
    "mail.security": lambda settings: (
        settings.mail.sender and relay_of(_but(settings, "mail", user=""))
    ),
    "mail.reply_to": lambda settings: settings.mail.sender and sender_of(settings),
    "alerts.mail": lambda settings: channels_of(
        _but(settings, "alerts", webhook=""), None, keep=False
    ),
    "alerts.webhook": lambda settings: channels_of(
        _but(settings, "alerts", mail=""), None, keep=False
    ),
}


def _but(settings: Settings, table: str, **others: str) -> Settings:
    return settings.model_copy(update={table: getattr(settings, table).model_copy(update=others)})


def _why_not(name: str, settings: Settings) -> str:
    """Return why a setting cannot be used; empty if it can."""
    try:
        _CHECKS[name](settings)
    except BriefingError as error:
        return str(error).removeprefix(f"{name}: ")
    return ""


Row = dict[str, Any]


@frozen
class TableEditor:
    """Changes a list of tables, such as ``[[watch]]``, of one settings file; thread-safe."""

    #: Writes the settings.
    settings: SettingsEditor
    #: Name of the list, whose tables have names.
    setting: str = "sections"

    def rows(self) -> list[Row]:
        """Return the tables of the file, without empty values.

        Raises SettingsError if it cannot be read.
        """
        return [_full(row) for row in self.settings.file().get(self.setting)]

    def added(self, row: Row) -> list[Row]:
        """Return the tables with one added at the end; raise InputError if its name exists."""
        rows = self.rows()
        if row["name"] in {known.get("name") for known in rows}:
            raise InputError(Translatable("is already taken; choose another"))
        return [*rows, _full(row)]

    def changed(self, row: Row) -> list[Row]:
        """Return the tables with the values of the one with the same name replaced."""
        rows = self.rows()
        return [_full(old | row if old.get("name") == row["name"] else old) for old in rows]

    def propose(self, rows: Sequence[Row]) -> Proposal:
        """Return the file with these tables, checked, like :meth:`SettingsEditor.propose`."""
        return self.settings.propose(self._changes(rows))

    def moved(self, name: str, by: int) -> list[Row]:
        """Return the tables with one moved up (-1) or down (1); at the ends it stays."""
        rows = self.rows()
        place = next((at for at, row in enumerate(rows) if row["name"] == name), None)
        if place is not None and 0 <= place + by < len(rows):
            rows.insert(place + by, rows.pop(place))
        return rows

    def without(self, name: str) -> list[Row]:
        """Return the tables without one; the files of a section are kept."""
        return [row for row in self.rows() if row.get("name") != name]

    def write(self, rows: Sequence[Row], *, seen: str, actor: Actor) -> None:
        """Write the tables if they are valid and a classifier knows each section.

        For errors see :meth:`SettingsEditor.save`.
        """
        before = {str(row.get("secret_file")) for row in self.rows()}
        self.settings.save(self._changes(rows), seen=seen, actor=actor)
        for file in before - {str(row.get("secret_file")) for row in rows}:
            if _CHANNEL_SECRET.fullmatch(file):
                (self.settings.path.parent / file).unlink(missing_ok=True)

    def save(self, row: Row, *, is_new: bool, secret: str, seen: str, actor: Actor) -> None:
        """Write a new or changed table; its secret, if any, goes into a separate file.

        Raises InputError if the name exists already, OutputError if the secret cannot be written,
        and the errors of :meth:`write`.
        """
        folder, file = self.settings.path.parent, f"channel-{token_hex(8)}.secret"
        if secret:
            with writing(folder, "the secret cannot be kept"):
                write_private(folder / file, f"{secret}\n".encode())
            row = {**row, "secret_file": file}
        try:
            rows = self.added(row) if is_new else self.changed(row)
            self.write(rows, seen=seen, actor=actor)
        except BriefingError:
            (folder / file).unlink(missing_ok=True)
            raise

    def _changes(self, rows: Sequence[Row]) -> Changes:
        # Only sections need at least one table; an empty list of tables is removed from the file.
        return {self.setting: rows if rows or self.setting == "sections" else None}


def _full(row: Mapping[str, Any]) -> Row:
    """Return a table without empty values, which are not written."""
    return {key: value for key, value in row.items() if value or key == "name"}


def make_another(editor: SettingsEditor, name: str, *, zone: str, actor: Actor) -> Path:
    """Create another briefing in a folder beside this settings file; return its settings file.

    The existing file refers to it from then on, and its pages are below those of the first. The
    operator who creates it may sign in to it as well. Raises WrongSettingsError if the name or the
    zone is not valid, or the file exists; OutputError if it cannot be written; and BusyError if
    another process has been writing the settings for seconds.
    """
    folder, own = editor.path.parent, editor.live.web.address
    path = folder / slug(name) / FILE_NAME
    address = f"{own}/{quote(slug(name))}" if own else ""
    begin = {"name": name, "schedule.zone": zone, "web.address": address}
    settings = make_file(path, edited(template(), begin))
    try:
        file = editor.file()
        also = [*file.get("also"), f"{path.relative_to(folder)}"]
        editor.save({"also": also}, seen=file.seen(["also"]), actor=actor)
    except BriefingError:
        # Otherwise the next attempt would find the name taken.
        path.unlink()
        raise
    with editor.store.write() as tx:
        actor.note(tx, "create briefing", name)
        operator = operators.get(tx, actor.name)
    with open_store(settings.store.at, folder=path.parent) as store, store.write() as tx:
        if operator and not operators.get(tx, operator.name):
            welcome(tx, operator, actor=actor)
    return path


def find_another(editor: SettingsEditor, folder: str) -> Path | None:
    """Return the settings file of a briefing created in a folder; None if there is none."""
    path = editor.path.parent / folder / FILE_NAME
    return path if folder and slug(folder) == folder and path.is_file() else None
