"""The settings of a briefing: read from briefing.toml, and currently in force."""

# ruff: noqa: F403  one list of the names of the tables is enough
import logging
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from pydantic import ValidationError

from briefing.core.errors import BriefingError, SettingsError
from briefing.settings.mistakes import mistakes
from briefing.settings.tables import *
from briefing.settings.tables import Settings, SignSettings
from briefing.settings.values import *

#: The file that a command reads by default.
FILE_NAME = "briefing.toml"


def load(path: Path) -> Settings:
    """Read settings from a file.

    Raises SettingsError if it cannot be read or has mistakes; the message names each with its line.
    """
    try:
        # Windows editors may put a byte order mark at the start of a file.
        text = path.read_text(encoding="utf-8-sig")
        return parsed(text, folder=path.parent)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        raise SettingsError(f"{path}: cannot be read as settings ({why})") from error
    except ValidationError as error:
        raise SettingsError(mistakes(path, text, error)) from error


def parsed(text: str, *, folder: Path) -> Settings:
    """Parse the text of a settings file; relative paths are in ``folder``.

    Raises TOMLDecodeError if it is not TOML, RecursionError if it is nested too deeply, and
    ValidationError if it has mistakes.
    """
    settings = Settings.model_validate(tomllib.loads(text))
    # Make the paths of logo, key and section models independent of the current folder.
    logo = {"logo": str(folder / settings.page.logo)} if settings.page.logo else {}
    sections = tuple(
        section.model_copy(update={"model": str(folder / section.model)})
        if section.model
        else section
        for section in settings.sections
    )
    page = settings.page.model_copy(update=logo)
    sign = SignSettings(key=str(folder / settings.sign.key) if settings.sign.key else "")
    changes = {"page": page, "sections": sections, "sign": sign}
    return settings.model_copy(update=changes).within(folder)


def find(given: Path | None, folder: Path) -> Settings:
    """Return the settings of the given file, else of briefing.toml in a folder, else defaults.

    Raises SettingsError like :func:`load`.
    """
    if given:
        return load(given)
    # Also if it exists but is not a file, so that this is reported.
    file = folder / FILE_NAME
    return load(file) if os.path.lexists(file) else Settings().within(folder)


T = TypeVar("T")
#: Returns the settings in force; the same object until they change.
Live = Callable[[], Settings]

LOG = logging.getLogger("briefing.settings")

#: What a process opens at the start and keeps: changes take effect after a restart.
AT_START = ("store", "engine", "log", "web")


class LiveSettings:
    """Provides the settings in force: those of the file, read again whenever it has changed.

    While the file has mistakes, the previous settings stay in force. Thread-safe.
    """

    def __init__(
        self, path: Path, load: Live, settings: Settings, *, takes_address: bool = False
    ) -> None:
        """Begin with settings just read from the file, which need not exist.

        ``takes_address`` tells whether a first ``web.address`` takes effect at once; changing it
        later needs a restart, since sessions and paths depend on it.
        """
        self.path = path
        #: Reads the file, which may have mistakes.
        self.load = load
        self._lock = Lock()
        self._takes_address = takes_address and not settings.web.address
        self._at_start = {name: getattr(settings, name) for name in AT_START}
        self._settings = settings
        # Unknown, since the file may have changed since it was read.
        self._state: object = ""

    def __call__(self) -> Settings:
        """Return the settings in force; the same object until they change."""
        with self._lock:
            state = self._look()
            if state != self._state:
                self._state = state
                self._read()
            return self._settings

    def _read(self) -> None:
        try:
            read = self.load()
        except BriefingError as error:
            # The preflight reports it too.
            LOG.error("settings are not taken over: %s", error)  # noqa: TRY400  the message is enough
            return
        if self._takes_address and read.web.address:
            self._takes_address = False
            self._at_start["web"] = read.web
        settings = read.model_copy(update=self._at_start)
        if settings != self._settings:
            LOG.info("settings of %r are taken over", settings.name)
            self._settings = settings

    def _look(self) -> object:
        """Return a value that differs between states of the file."""
        try:
            state = self.path.stat()
        except OSError as error:
            return error.errno
        return state.st_mtime_ns, state.st_size, state.st_ino


class Renewed(Generic[T]):
    """An object made from the settings in force, and made again when they change.

    If it cannot be made from changed settings, it stays as it was. Thread-safe.
    """

    def __init__(self, live: Live, make: Callable[[Settings], T]) -> None:
        """Make the object for the first time; errors are raised."""
        self._live, self._make = live, make
        self._lock = Lock()
        self._settings = live()
        self._made = make(self._settings)

    def __call__(self) -> T:
        """Return the object for the current settings; the same one until they change."""
        with self._lock:
            settings = self._live()
            if settings is not self._settings:
                self._settings = settings
                try:
                    self._made = self._make(settings)
                except (BriefingError, OSError) as error:
                    LOG.error("%s: changed settings cannot be used: %s", settings.name, error)  # noqa: TRY400  the message is enough
                except Exception:  # an unexpected error must not end the calling thread
                    LOG.exception("%s: changed settings cannot be used", settings.name)
            return self._made
