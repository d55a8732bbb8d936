"""Settings of one briefing: read from briefing.toml, each mistake reported with its line."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from pydantic import ValidationError

from briefing.core.errors import SettingsError
from briefing.setup.settings.mistakes import mistakes
from briefing.setup.settings.tables import (
    AlertSettings,
    CollectSettings,
    DkimSettings,
    EngineSettings,
    LogSettings,
    MailSettings,
    PageSettings,
    PublishSettings,
    ScheduleSettings,
    SectionSettings,
    Settings,
    SignSettings,
    StoreSettings,
    WebSettings,
)
from briefing.setup.settings.watch import WatchSettings

__all__ = [
    "FILE_NAME",
    "AlertSettings",
    "CollectSettings",
    "DkimSettings",
    "EngineSettings",
    "LogSettings",
    "MailSettings",
    "PageSettings",
    "PublishSettings",
    "ScheduleSettings",
    "SectionSettings",
    "Settings",
    "SignSettings",
    "StoreSettings",
    "WatchSettings",
    "WebSettings",
    "find",
    "load",
    "parsed",
]

#: The file that a command reads unless it is given another.
FILE_NAME = "briefing.toml"


def load(path: Path) -> Settings:
    """Read settings from a file.

    Raises:
        SettingsError: it cannot be read or holds mistakes; the message names each, with its line.
    """
    try:
        # Editors of Windows begin a file with a byte order mark.
        text = path.read_text(encoding="utf-8-sig")
        return parsed(text, folder=path.parent)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        raise SettingsError(f"{path}: cannot be read as settings ({why})") from error
    except ValidationError as error:
        raise SettingsError(mistakes(path, text, error)) from error


def parsed(text: str, *, folder: Path) -> Settings:
    """Return the settings that the text of a file in a folder says.

    Raises:
        TOMLDecodeError, RecursionError: it is no TOML.
        ValidationError: it holds mistakes.
    """
    return _with_folder(Settings.model_validate(tomllib.loads(text)), folder)


def _with_folder(settings: Settings, folder: Path) -> Settings:
    """Return settings whose logo, key and models of single sections are found from anywhere."""
    logo = {"logo": str(folder / settings.page.logo)} if settings.page.logo else {}
    sections = tuple(
        one.model_copy(update={"model": str(folder / one.model)}) if one.model else one
        for one in settings.sections
    )
    page = settings.page.model_copy(update=logo)
    sign = SignSettings(key=str(folder / settings.sign.key) if settings.sign.key else "")
    return settings.model_copy(update={"page": page, "sections": sections, "sign": sign})


def find(given: Path | None, folder: Path) -> Settings:
    """Return the settings of the file given, else of briefing.toml in a folder, else the defaults.

    Raises:
        SettingsError: as :func:`load`.
    """
    if given is not None:
        return load(given)
    # Also what is there and no file: it is said so.
    return load(folder / FILE_NAME) if os.path.lexists(folder / FILE_NAME) else Settings()
