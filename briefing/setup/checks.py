"""Checks before work begins: of the parts of a page, the store and mail; refusals to start."""

import logging
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Lock

import briefing
from briefing.app import doctor
from briefing.app.doctor import (
    Finding,
    Level,
    Use,
    blockers,
    broken,
    dates,
    examine,
    good,
    line,
    note,
    service,
    warnings,
)
from briefing.app.make import make
from briefing.core.errors import BriefingError, PreflightError, SettingsError
from briefing.core.model import Document, Material
from briefing.mail import sign
from briefing.settings import DkimSettings, Live, Settings
from briefing.setup.backups import open_the_store
from briefing.setup.channels import alert_refusal, channel, channels_of
from briefing.setup.clock import now
from briefing.setup.parts import Checks, library_checks, once, page_checks, press, recipe, theme
from briefing.setup.post import (
    is_open_to_others,
    key_of,
    keys_of,
    mailbox_of,
    post_of,
    relay_of,
    secrets_of,
    sender_of,
)
from briefing.setup.registry import queue_of
from briefing.store import Store, identity
from briefing.store.location import belonging

#: Seconds for a test page; a slow machine needs about ten.
_PATIENCE = 120.0
#: Title and text of a test page: invented, and long enough for a page.
_TITLE = "A page can be set"
_TEXT = (
    "The press of this machine has set a page on Monday, and the minister said that everybody can "
    "read it. It shows that the next edition can be printed with the settings that were given. "
    "The council of the harbor town will meet again on Tuesday to look at the page and its fonts.\n"
)
_AT = datetime(2026, 1, 1, tzinfo=UTC)


def press_checks(settings: Settings) -> Checks:
    """Return the check that makes a page, all the way from a report to the PDF."""

    def probe() -> Finding:
        return good(f"set a page of {len(probe_page(settings, _AT.date())) / 1000:,.0f} kB")

    return {"press": lambda: _in_time(probe, seconds=_PATIENCE)}


def service_checks(settings: Settings) -> Checks:
    """Return the checks of what round, mail and channels need, without using the network."""

    def engine() -> Finding:
        queue_of(settings.place)
        return good("workers do the work: briefing worker")

    def disk() -> Finding:
        folder = settings.place.folder
        # For a folder that does not exist yet, check the one in which it will be made.
        return doctor.disk(next(each for each in (folder, *folder.parents) if each.exists()))

    def links() -> Finding:
        web = post_of(settings, keep=False).web
        return good(f"of mails lead to {web}" if web else "none: web.address is empty")

    checks: Checks = {
        **({"engine": engine} if settings.engine.kind != "inline" else {}),
        "disk": disk,
        "temp": lambda: doctor.temp(Path(tempfile.gettempdir())),
        "schedule": lambda: service.schedule(settings.timetable, now=now()),
        "clock": lambda: doctor.clock(now()),
    }
    if settings.mail.sender:
        checks |= {
            "sender": lambda: good(sender_of(settings).address),
            "relay": lambda: good(f"{relay_of(settings).label}, not tried"),
            "signing": lambda: service.signing(
                keys_of(settings), domain=sender_of(settings).domain
            ),
            "secrets": lambda: _secrets(settings),
            "links": links,
        }
    else:
        checks["mail"] = partial(note, "nothing is sent", "set mail.sender")
    if settings.channel:
        checks["channels"] = lambda: _channels(settings)
    return checks | {"alerts": lambda: _alerts(settings)}


def _channels(settings: Settings) -> Finding:
    kinds, wrong = [], []
    for table in settings.channel:
        try:
            kinds.append(f"{table.name} ({channel(settings, table)[0]})")
        except BriefingError as error:
            wrong.append(f"{table.name}: {error}")
    if wrong:
        return broken("; ".join(wrong), "until then, whatever is sent there waits")
    return good(f"can be sent to, not tried: {', '.join(kinds)}")


def store_findings(settings: Settings, *, store: Store | None) -> Iterator[Finding]:
    """Yield the findings on the store and, if it can be read, on its sources, readers and times.

    If ``store`` is None, an existing store is opened for this.
    """
    states: list[service.StoreState] = []
    with ExitStack() as opened:

        def look() -> Finding:
            place = settings.place
            if not store and place.file and not place.file.exists():
                identity.refuse_lost(place, identity.Inventory(), remembered=identity.recall(place))
                if not place.folder.is_dir():
                    advice = "make it, or change store.at"
                    return broken(f"{place.label}: its folder does not exist", advice)
                _try_folder(place.folder)
                return note(f"{place.label}: does not exist yet", "`briefing collect` creates it")
            # Checked before opening, since closing the store deletes the log that opening creates.
            readable = [str(path) for path in belonging(place) if is_open_to_others(path)]
            opened_store = store or opened.enter_context(open_the_store(settings))
            _try_folder(opened_store.place.folder)
            with opened_store.write() as tx:
                service.try_to_write(tx, settings.briefing, at=now())
            states.append(opened_store.look(service.store_state, settings.briefing, at=now()))
            if readable:
                return note(
                    f"{place.label}: sound, but others may read {', '.join(readable)}",
                    f"run: chmod go= {' '.join(readable)}",
                )
            return good(f"{place.label}: sound, and can be written")

        yield from examine({"store": look})
    if states:
        yield from examine(_state_checks(settings, states[0]))


def _state_checks(settings: Settings, state: service.StoreState) -> Checks:
    built = datetime.fromtimestamp(Path(briefing.__file__).stat().st_mtime, UTC)
    began = {"the last run": state.began} if state.began else {}
    passed = {"the installation of briefing": built, **began}
    checks: Checks = {
        "sources": lambda: service.sources(state.source_statuses),
        "timestamps": lambda: service.timestamps(now(), edition=state.made, others=passed),
        "editions": lambda: dates(state.days, timetable=settings.timetable, now=now()),
    }
    if settings.engine.kind != "inline":
        checks["jobs"] = lambda: service.jobs(state.backlog, now=now())
    if settings.mail.sender:
        checks["readers"] = lambda: service.readers(state.active)
    if settings.web.address:
        checks["operators"] = lambda: service.operators(state.operators)
    return checks


def _try_folder(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder):
        pass


def probe_page(settings: Settings, day: date) -> bytes:
    """Return the page of an invented report, which only shows the look of a page."""
    report = Document("probe", _TITLE, _TEXT, _AT, "Probe", language=settings.language)
    # Under "other", since no section of an operator need cover it.
    tried = settings.model_copy(update={"other": True})
    return make(Material([report], day), recipe=recipe(tried, [report]), press=press(tried)).pdf


def _in_time(work: Callable[[], Finding], *, seconds: float) -> Finding:
    """Run a check in a thread of its own, which is abandoned if it takes too long."""
    ended: list[Finding] = []
    thread = threading.Thread(target=lambda: ended.extend(examine({"press": work})), daemon=True)
    thread.start()
    thread.join(seconds)
    if not ended:
        return broken(
            f"no page was laid out within {seconds:.0f} seconds",
            'try it with theme = "classic"; if that passes, the theme is too slow',
        )
    return ended[0]


def _alerts(settings: Settings) -> Finding:
    channels = channels_of(settings, None, keep=False)
    if not channels:
        advice = "set alerts.mail or alerts.webhook"
        return note("nobody is alerted when the round fails", advice)
    return good(f"by {' and '.join(channels)}")


def _secrets(settings: Settings) -> Finding:
    mail = settings.mail
    path = settings.folder / mail.secrets_file
    if not path.exists():
        _try_folder(path.parent)
        return good(f"{path}: created with the first mail")
    number = len(secrets_of(settings))
    files = [settings.folder / name for _, name, _ in settings.secret_files if name]
    readable = [str(path) for path in files if path.exists() and is_open_to_others(path)]
    if readable:
        return note(
            f"others may read {', '.join(readable)}", f"run: chmod 600 {' '.join(readable)}"
        )
    return good(f"{path}: {number}, not readable by others")


LOG = logging.getLogger("briefing.preflight")

#: How long findings stay valid while a briefing is served.
_FRESH = timedelta(minutes=1)


def preflight(
    settings: Settings, *, store: Store | None = None, thorough: bool
) -> Iterator[Finding]:
    """Yield a finding on everything that the next edition needs, without using the network.

    A thorough preflight also makes a page, which takes a second or two.
    """

    def look() -> Iterator[Finding]:
        yield from examine({"settings": partial(good, f"of {settings.name!r}")})
        page = tuple(examine(page_checks(settings)))
        yield from page
        # Otherwise it would fail again for the same reason.
        if thorough and not blockers(page, use=Use.MAKE):
            yield from examine(press_checks(settings))
        yield from store_findings(settings, store=store)
        yield from examine(service_checks(settings))

    return once(look())


def open_checked(settings: Settings, *, use: Use) -> Store:
    """Return the open store if nothing prevents the next edition from being made and sent.

    Warnings are logged. A refusal is also sent to operators as an alert. Raises PreflightError if
    something is broken, and StoreError if the store was created just now and cannot be opened.
    """
    store = _opened(settings)
    try:
        _check_start(settings, store, use=use, refused=alert_refusal)
        return store or open_the_store(settings)
    except BaseException:
        if store is not None:
            store.close()
        raise


@contextmanager
def opened_unchanged(settings: Settings, *, use: Use) -> Iterator[Store | None]:
    """Provide the store if a start would not be refused; None if it does not exist yet.

    No store is created, and a refusal, which is a PreflightError, sends no alert.
    """
    with _opened(settings) or nullcontext() as store:
        _check_start(settings, store, use=use)
        yield store


def _check_start(
    settings: Settings,
    store: Store | None,
    *,
    use: Use,
    refused: Callable[..., None] = lambda *_given, **_named: None,
) -> None:
    findings = list(preflight(settings, store=store, thorough=False))
    if use is Use.SERVE and not blockers(findings, use=use):
        findings += examine(press_checks(settings))
    broken = blockers(findings, use=use)
    if broken:
        refused(settings, store, findings=broken)
        raise PreflightError([line(finding) for finding in broken])
    for finding in warnings(findings, use=use):
        LOG.warning("%s: %s", settings.name, line(finding))


def _opened(settings: Settings) -> Store | None:
    """Return an existing store; its own check reports why it cannot be opened."""
    with suppress(BriefingError, OSError):
        place = settings.place
        if place.file is None or place.file.exists():
            return open_the_store(settings)
    return None


class Preflight:
    """Repeats the checks while a briefing is served; thread-safe."""

    def __init__(self, live: Live, *, store: Store, load: Live, fresh: timedelta = _FRESH) -> None:
        """Prepare the checks; ``load`` reads the settings file, which may not be in force.

        Findings stay valid for ``fresh``.
        """
        self._live, self._store, self._load, self._fresh = live, store, load, fresh
        self._lock = Lock()
        self._last: tuple[datetime, Settings, tuple[Finding, ...]] | None = None

    def __call__(self) -> tuple[Finding, ...]:
        """Return the findings, at most a minute old."""
        with self._lock:
            at, settings = now(), self._live()
            if self._last is not None:
                looked, before, findings = self._last
                # In either direction, since the clock may have been set back.
                if settings is before and abs(at - looked) < self._fresh:
                    return findings
            findings = tuple(self._look(settings))
            self._last = (at, settings, findings)
            return findings

    def _look(self, settings: Settings) -> Iterator[Finding]:
        # The current file may have mistakes, or settings that need a restart.
        yield from examine({"settings": lambda: self._reread(settings)})
        looked = preflight(settings, store=self._store, thorough=False)
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


Ask = Callable[[str], Sequence[str] | None]


def look_at_all(load: Live, *, ask: Ask = sign.texts) -> Iterator[Finding]:
    """Yield all findings one by one; without settings, only those that need none.

    ``ask`` returns the TXT records of a name in the DNS, None if it cannot be queried.
    """
    try:
        settings = load()
    except SettingsError as error:
        yield from examine({"settings": partial(broken, str(error)), **library_checks()})
        return
    on_network = _mail(settings, ask=ask) if settings.mail.sender else {}
    for finding in preflight(settings, thorough=True):
        # A relay with unusable settings is not contacted.
        if finding.name not in on_network or finding.mark is Level.BROKEN:
            on_network.pop(finding.name, None)
            yield finding
    yield from examine(on_network)


def _mail(settings: Settings, *, ask: Ask) -> Checks:
    """Return the checks of mail that contact other machines."""
    mail = settings.mail

    def bounces() -> Finding:
        if not mail.bounces:
            advice = "set it, or have the mail piped to `briefing bounces -`"
            return note("mail.bounces is empty", advice)
        with mailbox_of(settings):
            return good(f"{mail.bounces}: reached")

    def compared(table: DkimSettings) -> Finding:
        return service.key(key_of(settings, table), ask=ask)

    checks: Checks = {
        "relay": lambda: service.relay(relay_of(settings)),
        "leaving": lambda: service.leaving(settings.web.address, mailbox=mail.bounces),
        "bounces": bounces,
    }
    for table in mail.dkim:
        checks[f"key {table.selector}"] = partial(compared, table)
    return checks
