"""Makes another briefing beside one, with settings and a store of its own."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from briefing.app.actor import Actor
from briefing.app.operators.accounts import welcome
from briefing.core.edition import slug
from briefing.core.errors import BriefingError
from briefing.setup.clock import now
from briefing.setup.settings import FILE_NAME
from briefing.setup.settings.edit import edited
from briefing.setup.settings.reference import template
from briefing.setup.settings.save import make_file
from briefing.setup.settings_editor import SettingsEditor
from briefing.store import open_store, operators


def make_another(editor: SettingsEditor, name: str, *, zone: str, actor: Actor) -> Path:
    """Make another briefing in a folder beside the settings file of one; return its settings file.

    The one names it from then on, and its pages stand below those of the one. The operator who
    makes it may sign in there as well.

    Raises:
        WrongSettingsError: the name or the zone is not valid, or there is such a file.
        OutputError: it cannot be written.
        BusyError: another process has been writing the settings for seconds.
        StoreError: its store cannot be made.
    """
    folder, own = editor.path.parent, editor.live.web.address
    path = folder / slug(name) / FILE_NAME
    address = f"{own}/{quote(slug(name))}" if own else ""
    begin = {"name": name, "schedule.zone": zone, "web.address": address}
    settings = make_file(path, edited(template(), begin))
    try:
        file = editor.file()
        also = [*file.get("also"), f"{path.relative_to(folder)}"]
        editor.save({"also": also}, seen=file.seen(["also"]), actor=actor, at=now())
    except BriefingError:
        # Else the next try would find one of this name.
        path.unlink()
        raise
    with editor.store.write() as tx:
        actor.note(tx, "create briefing", name, at=now())
        operator = operators.get(tx, actor.name)
    opened = closing(open_store(settings.store.at, folder=path.parent))
    with opened as store, store.write() as tx:
        if operator is not None and operators.get(tx, operator.name) is None:
            welcome(tx, operator, actor=actor, at=now())
    return path


def find_another(editor: SettingsEditor, folder: str) -> Path | None:
    """Return the settings file of a briefing that was made in a folder; None: there is none."""
    path = editor.path.parent / folder / FILE_NAME
    return path if folder and slug(folder) == folder and path.is_file() else None
