"""The checks that doctor, serve, run and make share, and the refusal of a start."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Lock

from briefing.app.doctor import (
    Finding,
    Use,
    blockers,
    examine,
    good,
    line,
    note,
    warnings,
)
from briefing.core.errors import BriefingError, PreflightError
from briefing.setup.alerting import alert_refusal
from briefing.setup.checks import (
    alert_checks,
    mail_checks,
    press_checks,
    round_checks,
    store_findings,
)
from briefing.setup.clock import now
from briefing.setup.page_checks import once, page_checks
from briefing.setup.parts import recipe, theme
from briefing.setup.settings import Settings
from briefing.store import Store, open_store
from briefing.store.location import find_place

LOG = logging.getLogger("briefing.preflight")

#: For how long findings stay valid while a briefing is served.
_FRESH = timedelta(minutes=1)


def preflight(
    settings: Settings, *, folder: Path, store: Store | None = None, thorough: bool
) -> Iterator[Finding]:
    """Yield a finding on everything the next edition needs, without using the network.

    A thorough one also makes a page, which takes a second or two.
    """
    yield from once(_all(settings, folder=folder, store=store, thorough=thorough))


def _all(
    settings: Settings, *, folder: Path, store: Store | None, thorough: bool
) -> Iterator[Finding]:
    yield from examine({"settings": partial(good, f"of {settings.name!r}")})
    page = tuple(examine(page_checks(settings)))
    yield from page
    # Else it would fail for the same reason again.
    if thorough and not blockers(page, use=Use.MAKE):
        yield from examine(press_checks(settings))
    yield from store_findings(settings, folder, store=store)
    yield from examine(round_checks(settings, folder))
    yield from examine(mail_checks(settings, folder))
    yield from examine(alert_checks(settings, folder))


def open_checked(settings: Settings, *, folder: Path, use: Use) -> Store:
    """Return the open store if nothing prevents the next edition from being made and sent.

    Warnings are logged. A refusal is also sent to the operator as an alert.

    Raises:
        PreflightError: something is broken.
        StoreError: the store was made just now and cannot be opened.
    """
    store = _opened(settings, folder)
    try:
        _check_start(settings, store, folder=folder, use=use, refused=alert_refusal)
        return store or open_store(settings.store.at, folder=folder)
    except BaseException:
        if store is not None:
            store.close()
        raise


@contextmanager
def opened_unchanged(settings: Settings, *, folder: Path, use: Use) -> Iterator[Store | None]:
    """Give the store if the start would not be refused; None: there is none, and none is made.

    A refusal sends no alert.

    Raises:
        PreflightError: something is broken.
    """
    store = _opened(settings, folder)
    try:
        _check_start(settings, store, folder=folder, use=use)
        yield store
    finally:
        if store is not None:
            store.close()


def _check_start(
    settings: Settings,
    store: Store | None,
    *,
    folder: Path,
    use: Use,
    refused: Callable[..., None] = lambda *_told, **_named: None,
) -> None:
    findings = list(preflight(settings, folder=folder, store=store, thorough=False))
    if use is Use.SERVE and not blockers(findings, use=use):
        findings += examine(press_checks(settings))
    broken = blockers(findings, use=use)
    if broken:
        refused(settings, store, folder=folder, findings=broken)
        raise PreflightError([line(finding) for finding in broken])
    for finding in warnings(findings, use=use):
        LOG.warning("%s: %s", settings.name, line(finding))


def _opened(settings: Settings, folder: Path) -> Store | None:
    """Return an existing store; its own check reports why it cannot be opened."""
    with suppress(BriefingError, OSError):
        place = find_place(settings.store.at, folder=folder)
        if place.file is None or place.file.exists():
            return open_store(settings.store.at, folder=folder)
    return None


class Preflight:
    """Repeats the checks while a briefing is served; safe to use by many threads."""

    def __init__(
        self,
        live: Callable[[], Settings],
        *,
        folder: Path,
        store: Store,
        load: Callable[[], Settings],
        fresh: timedelta = _FRESH,
    ) -> None:
        """Make it.

        Args:
            live: the settings that the next edition is made with.
            folder: of the settings file.
            store: open.
            load: reads the settings file, which may not be in force.
            fresh: for how long findings stay valid.
        """
        self._live, self._folder, self._store = live, folder, store
        self._load, self._fresh = load, fresh
        self._lock = Lock()
        self._last: tuple[datetime, Settings, tuple[Finding, ...]] | None = None

    def __call__(self) -> tuple[Finding, ...]:
        """Return the findings, at most a minute old."""
        with self._lock:
            at, settings = now(), self._live()
            if self._last is None or not self._is_fresh(*self._last[:2], at, settings):
                self._last = (at, settings, tuple(self._look(settings)))
            return self._last[2]

    def _is_fresh(
        self, looked: datetime, before: Settings, at: datetime, settings: Settings
    ) -> bool:
        # Either way, as the clock may have been set back.
        return settings is before and abs(at - looked) < self._fresh

    def _look(self, settings: Settings) -> Iterator[Finding]:
        # The current file may have mistakes, or say what holds from the next start.
        yield from examine({"settings": lambda: self._reread(settings)})
        looked = preflight(settings, folder=self._folder, store=self._store, thorough=False)
        yield from (finding for finding in looked if finding.name != "settings")

    def _reread(self, live: Settings) -> Finding:
        settings = self._load()
        differing = [name for name, value in settings if value != getattr(live, name)]
        if not differing:
            return good(f"of {settings.name!r}")
        recipe(settings)
        theme(settings).paper(settings.page.paper)
        tables = ", ".join(f"[{name}]" for name in differing)
        return note(f"changed since briefing was started: {tables}", "restart briefing to use them")
