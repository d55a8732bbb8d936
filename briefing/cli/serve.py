"""Commands that do the daily round or serve: run, serve, worker, preview, doctor."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from briefing.app.doctor import Level, Use, line
from briefing.cli.app import (
    DONE,
    FAILED,
    IN_PART,
    AsJson,
    Facts,
    Invocation,
    app,
    argument,
    command,
    date_of,
    fields_of,
    flag,
    has_settings,
    lines_of,
    option,
    page_settings_of,
    print_json,
    say,
    settings_of,
    warn,
    write_settings,
)
from briefing.core.errors import BriefingError, UsageError
from briefing.core.messages import counted
from briefing.core.model import Ending, Run, Step
from briefing.setup.clock import now

if TYPE_CHECKING:
    from briefing.app.outbox import OutboxWorker
    from briefing.app.rounds.days import PlannedEdition, RoundPlan
    from briefing.app.rounds.round import Round
    from briefing.app.rounds.runs import RunRequests
    from briefing.settings import LiveSettings, Settings
    from briefing.setup.cluster import BriefingWorker
    from briefing.web import WebContext
    from briefing.web.application import Several

Configs = Annotated[
    list[Path] | None,
    typer.Option(
        "--config",
        help="Settings file; default: briefing.toml here. Repeat it for several briefings.",
    ),
]


#: Settings of a briefing, and what gives those in force.
Configured = tuple["Settings", "LiveSettings"]


def briefings_of(
    config: list[Path] | None,
) -> tuple[list[Configured], list[tuple[str, BriefingError]]]:
    """Return the briefings that are named, and those that their settings name, the former first.

    Of several also the files that cannot be read, and why.

    UsageError: two of them share a store; SettingsError: the settings of a single one cannot be
    read.
    """
    from briefing.setup.daily import check_apart

    alone = is_alone(config)
    configured: list[Configured] = []
    unread: list[tuple[str, BriefingError]] = []

    def add(file: Path | None, *, first: bool) -> None:
        try:
            configured.append(_configured(file, takes_address=alone and first))
        except BriefingError as error:
            if alone and first:
                raise
            unread.append((str(file), error))

    for file in config or (None,):
        add(file, first=True)
    for settings, _ in tuple(configured):
        for name in settings.also:
            add(settings.folder / name, first=False)
    check_apart(settings for settings, _ in configured)
    return configured, unread


def is_alone(config: list[Path] | None) -> bool:
    """Tell whether one briefing is named; its pages are at the root, and its errors end all."""
    return len(config or ()) <= 1


def _configured(file: Path | None, *, takes_address: bool) -> Configured:
    from briefing.settings import FILE_NAME, LiveSettings

    load = partial(settings_of, file)
    settings, path = load(), file or Path(FILE_NAME)
    return settings, LiveSettings(path, load, settings, takes_address=takes_address)


def say_refused(name: str, error: BriefingError) -> None:
    """Say why one of several briefings is not begun, a line for each reason."""
    for reason in lines_of(error):
        words = " ".join(reason.split())
        # Settings that cannot be read have no name but their file, with which the words begin.
        warn(words if words.startswith(name) else f"{name}: {words}")


@contextmanager
def logged(briefings: Sequence[Configured]) -> Iterator[None]:
    """Write the log to standard error while a command works, as the first settings say."""
    import logging

    from briefing.setup.logs import set_up_logs

    root, own = logging.getLogger(), logging.getLogger("briefing")
    before, level = list(root.handlers), own.level
    set_up_logs(briefings[0][0].log.format if briefings else "console", stream=sys.stderr)
    try:
        yield
    finally:
        for handler in [added for added in root.handlers if added not in before]:
            root.removeHandler(handler)
        own.setLevel(level)
        logging.captureWarnings(capture=False)


@app.command("serve")
def serve_command(
    *,
    host: str = option("Address to listen on.", default="127.0.0.1"),
    port: int = option("Port to listen on.", default=8000, min=0, max=65535),
    no_round: bool = flag("--no-round", "Serve the web pages only, without the daily round."),
    config: Configs = None,
    as_json: AsJson = False,
) -> None:
    """Serve the web pages and run the daily round, until stopped.

    Without settings it begins with those of `briefing init`.
    """
    from briefing.web import application as sites
    from briefing.web import serving

    if not config and not has_settings():
        write_settings(Path())
    briefings, unread = briefings_of(config)
    # Ctrl-C is how it ends: then the rounds, and after them the stores.
    with logged(briefings), ExitStack() as opened, suppress(KeyboardInterrupt):
        serving.end_on_term()
        listening = opened.enter_context(serving.listen(host, port))
        house = _House(opened, serving.address_of(listening), no_round=no_round, as_json=as_json)
        for name, error in unread:
            house.refuse(name, error)
        for configured in briefings:
            house.try_to_add(configured, at_root=is_alone(config) and not house.desks)
        if not house.desks:
            raise typer.Exit(FAILED)
        house.pages = sites.Several(house.desks, at_root=is_alone(config))
        for name, web in house.refused:
            house.pages.close(name, web)
        limits = serving.limits_of([settings for settings, *_ in briefings])
        server = serving.server_of(house.pages, limits=limits)
        house.begin()
        server.run(sockets=[listening])
    if house.refused:
        raise typer.Exit(IN_PART)


class _House:
    """All briefings of one process."""

    def __init__(self, opened: ExitStack, here: str, *, no_round: bool, as_json: bool) -> None:
        self._opened, self._here = opened, here
        self._no_round, self._as_json = no_round, as_json
        self.desks: list[WebContext] = []
        #: Set once the first are added.
        self.pages: Several | None = None
        #: What is not served: name and web.address, which may be empty.
        self.refused: list[tuple[str, str]] = []
        self._rounds: list[tuple[Round, RunRequests]] = []
        self._outboxes: list[OutboxWorker] = []
        self._adding = Lock()

    def why_not(self, name: str) -> str:
        """Return why a briefing of this name could not be served; empty: it could."""
        return self.pages.why_not(name) if self.pages else ""

    def serve(self, file: Path) -> None:
        """Serve another briefing from now on, as if it had been there at the start.

        BriefingError: it cannot be served.
        """
        assert self.pages is not None  # noqa: S101  pages ask for it
        with self._adding:
            try:
                self.add(_configured(file, takes_address=False), at_root=False)
                self.pages.add(self.desks[-1])
            except BriefingError as error:
                say_refused(str(file), error)
                self._outboxes, self._rounds = [], []
                raise
            self.begin()

    def refuse(self, name: str, error: BriefingError, *, web: str = "") -> None:
        """Say that one of several briefings is not served; the others are, and must be."""
        say_refused(name, error)
        self.refused.append((name, web))

    def try_to_add(self, configured: Configured, *, at_root: bool) -> None:
        """Add a briefing; of several, one that cannot be served keeps no other from it."""
        settings = configured[0]
        try:
            self.add(configured, at_root=at_root)
        except BriefingError as error:
            if at_root:
                raise
            self.refuse(settings.name, error, web=settings.web.address)

    def add(self, configured: Configured, *, at_root: bool) -> None:
        """Open what a briefing needs, and say where it is and when its next edition comes.

        PreflightError: what it needs is broken.
        """
        from briefing.app.outbox import OutboxWorker
        from briefing.app.rounds.runs import RunRequests
        from briefing.setup.checks import Preflight, open_checked
        from briefing.setup.cluster import engine_of
        from briefing.setup.daily import round_of
        from briefing.setup.mailing import live_outbox
        from briefing.setup.settings_editor import SettingsEditor
        from briefing.web import serving
        from briefing.web.admin import accounts as first
        from briefing.web.context import Acts

        settings, live = configured
        use = Use.PAGES if self._no_round else Use.SERVE
        store = self._opened.enter_context(open_checked(settings, use=use))
        requests = None if self._no_round else RunRequests()
        preflight = Preflight(live, store=store, load=live.load)
        web = self._web(settings, at_root=at_root)
        token = secrets.token_urlsafe() if first.has_no_operator(store) else ""
        acts = Acts(now)
        self._opened.callback(acts.close)
        sender = OutboxWorker(live_outbox(store, live, web=web))
        build = partial(
            serving.context_of,
            store=store,
            web=web,
            requests=requests,
            wake=sender.wake,
            preflight=preflight,
            editor=SettingsEditor(store, live.path, live),
            hosting=self,
            first_token=token,
            acts=acts,
        )
        context = serving.live_context(live, build)
        # All of it, before the first part of it begins.
        works: list[tuple[Round, RunRequests]] = []
        if requests is not None:
            opened = engine_of(store, settings, stop=lambda: requests.closed)
            engine = self._opened.enter_context(opened)
            made = round_of(store, live=live, requests=requests, preflight=preflight, engine=engine)
            works.append((made, requests))
        self.desks.append(context)
        begin = first.first_link(context.web, token) if token else ""
        self._say_served(settings, web, links=context.web, begin=begin)
        if not settings.mail.sender:
            warn("mail.sender is empty; nobody can subscribe")
        elif not context.signs_up:
            warn("web.address is empty; nobody can subscribe")
        self._outboxes.append(sender)
        self._rounds += works

    def _say_served(self, settings: Settings, address: str, *, links: str, begin: str) -> None:
        """Say where a briefing is, when its next edition comes, and where an operator begins.

        As JSON in one line.
        """
        from briefing.core.schedule import next_edition

        coming = None if self._no_round else next_edition(settings.timetable, after=now())
        if self._as_json:
            edition = coming and {"date": coming[0], "at": coming[1]}
            facts = {"name": settings.name, "address": address, "links": links}
            print_json({**facts, "next_edition": edition, "begin": begin or None}, in_one_line=True)
            return
        say(f"{settings.name}: served at {address}; links lead to {links}")
        if coming:
            say(f"{settings.name}: next edition {coming[0]}, at {coming[1]:%Y-%m-%d %H:%M} UTC")
        if begin:
            say(f"{settings.name}: no operator yet; begin here, once: {begin}")

    def _web(self, settings: Settings, *, at_root: bool) -> str:
        """Return where this process serves the pages, whatever is before it."""
        from briefing.web import application as sites

        if at_root:
            return self._here
        own = urlsplit(settings.web.address).path.rstrip("/")
        return self._here + (own or sites.path_of(settings.briefing))

    def begin(self) -> None:
        """Start all outboxes and rounds; at the end, stop all before waiting for the first."""
        for outbox in self._outboxes:
            self._opened.enter_context(outbox)
        for planned, _ in self._rounds:
            self._opened.enter_context(planned)
        for _, requests in self._rounds:
            self._opened.callback(requests.close)
        self._outboxes, self._rounds = [], []


@app.command("worker")
def worker_command(
    *,
    only: list[Step] | None = option("Do only this kind of work; repeat it for several."),
    config: Configs = None,
    as_json: AsJson = False,
) -> None:
    """Do the work that `briefing serve` plans, until stopped."""
    from briefing.setup.cluster import run_workers, worker_name

    briefings, unread = briefings_of(config)
    alone, name = len(briefings) + len(unread) == 1, worker_name()
    with logged(briefings), ExitStack() as opened:
        for file, error in unread:
            say_refused(file, error)
        workers: dict[str, BriefingWorker] = {}
        for configured in briefings:
            briefing = configured[0].name
            try:
                from briefing.setup.checks import open_checked
                from briefing.setup.cluster import BriefingWorker

                settings, live = configured
                if settings.engine.kind == "inline":
                    raise UsageError(
                        'engine.kind is "inline": `briefing serve` does the work itself; set it to '
                        '"procrastinate" to have workers do it'
                    )
                store = opened.enter_context(open_checked(settings, use=Use.RUN))
                workers[briefing] = opened.enter_context(
                    BriefingWorker(store, live, only=only or (), name=name)
                )
            except BriefingError as error:
                if alone:
                    raise
                say_refused(briefing, error)
        for briefing, worker in workers.items():
            _say_worker(
                {"name": briefing, "worker": name, "does": worker.steps},
                f"does {', '.join(worker.steps)}",
                as_json=as_json,
            )
        if workers:
            run_workers(tuple(workers.values()))
        for briefing, worker in workers.items():
            _say_worker(
                {"name": briefing, "worker": name, "jobs": worker.done},
                f"has ended, after {counted(worker.done, 'job')}",
                as_json=as_json,
            )
    if len(workers) < len(briefings) + len(unread):
        raise typer.Exit(IN_PART if workers else FAILED)


def _say_worker(facts: dict[str, object], words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(facts, in_one_line=True)
    else:
        say(f"{facts['name']}: worker {facts['worker']} {words}")


@command(app, "preview")
def preview(  # noqa: PLR0913  one parameter an option
    call: Invocation,
    *,
    inputs: list[str] = argument(
        "Articles as for `make`, or the JSON of one edition.", metavar="FILE|URL..."
    ),
    theme: str | None = option("Name of a theme, or the folder of one."),
    paper: str | None = option("Paper size, such as A4 or Letter."),
    previous: list[Path] | None = option("JSON of an earlier edition.", dir_okay=False),
    day: str | None = option("Date of the edition.", "--date"),
    port: int = option("Port to listen on.", default=8001, min=0, max=65535),
) -> None:
    """Show a page that is made again whenever its theme changes."""
    from briefing.setup.pages import ThemePreview
    from briefing.web import serving
    from briefing.web.serving import preview_app

    settings = page_settings_of(call.config, theme=theme, paper=paper)
    shown = ThemePreview(inputs, settings=settings, day=date_of(day), previous=previous or ())
    with serving.listen("127.0.0.1", port) as listening, suppress(KeyboardInterrupt):
        serving.end_on_term()
        address = serving.address_of(listening)
        call.answer(f"{address}: open it in a browser; Ctrl-C ends it", {"address": address})
        serving.server_of(preview_app(shown)).run(sockets=[listening])


@app.command("run")
def run_command(
    *,
    due: bool = flag("--due", "Publish only if the edition is due; for timers that run often."),
    dry_run: bool = flag("--dry-run", "Only report what would be done now, and why."),
    config: Configs = None,
    as_json: AsJson = False,
) -> None:
    """Run the daily round once. It collects, publishes, delivers and reads returned mail."""
    briefings, unread = briefings_of(config)
    work = _plan if dry_run else _run
    codes: list[int] = []
    lines: list[Facts] = []
    with logged(briefings):
        for name, error in unread:
            say_refused(name, error)
            codes.append(FAILED)
        for settings, _ in briefings:
            try:
                facts, code = work(settings, only_due=due, quiet=as_json)
            except BriefingError as error:
                if len(briefings) + len(unread) == 1:
                    raise
                say_refused(settings.name, error)
                facts, code = [], FAILED
            codes.append(code)
            lines += facts
    if as_json:
        print_json(lines)
    if any(codes):
        raise typer.Exit(codes[0] if len(set(codes)) == 1 else IN_PART)


def _run(settings: Settings, *, only_due: bool, quiet: bool) -> tuple[Sequence[Facts], int]:
    """Do the round of one briefing; return the facts of its runs and the exit code."""
    from briefing.app.editions import faults_of_dates
    from briefing.setup.checks import open_checked
    from briefing.setup.daily import run_briefing

    done: list[Run] = []
    with open_checked(settings, use=Use.RUN) as store:
        for run in run_briefing(store, settings=settings, only_due=only_due):
            done.append(run)
            if not quiet:
                figures = ", ".join(f"{number:,} {what}" for what, number in run.figures.items())
                words = "; ".join(part for part in (str(run.ending), figures, run.words) if part)
                say(f"{settings.name}: {run.step}: {words}")
        faults = store.look(
            faults_of_dates, settings.briefing, timetable=settings.timetable, at=now()
        )
    for fault in faults:
        warn(f"{settings.name}: {fault}")
    names = "briefing step began ended day ending late words"
    facts = [fields_of(run, names) | {"figures": dict(run.figures)} for run in done]
    return facts, _code(done, faults=bool(faults))


def _plan(settings: Settings, *, only_due: bool, quiet: bool) -> tuple[Sequence[Facts], int]:
    """Say what the round of one briefing would do; return it as facts, and the exit code."""
    from briefing.setup.daily import plan_briefing

    plan = plan_briefing(settings, only_due=only_due)
    delivers, reads = Step.DELIVER in plan.steps, Step.BOUNCES in plan.steps
    facts: Facts = {
        "collect": {"due": plan.due_sources, "resting": plan.resting_sources},
        "week": None,
        **{
            _key(each): {
                "would": each.task is not None,
                "day": each.task and each.task.day,
                "late": bool(each.task and each.task.late),
                "why": each.reason,
            }
            for each in plan.editions
        },
        "deliver": {
            "would": delivers and plan.mails > 0,
            "due": plan.mails,
            "subscribers": plan.subscribers,
            "why": "" if delivers else "mail.sender is empty",
        },
        "bounces": {"would": reads, "why": "" if reads else "mail.bounces is empty"},
    }
    for step, words in () if quiet else _plan_lines(plan, facts):
        say(f"{settings.name}: {step}: {words}")
    return [{"briefing": settings.briefing, "at": plan.at, **facts}], DONE


def _key(planned: PlannedEdition) -> str:
    """Return the step that makes an edition, or its name."""
    return planned.slot.edition or planned.slot.step.value


def _plan_lines(plan: RoundPlan, facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield what each step would do, in words."""
    resting = f"; {plan.resting_sources:,} not due yet" if plan.resting_sources else ""
    yield "collect", f"would fetch {counted(plan.due_sources, 'source')}{resting}"
    for each in plan.editions:
        task, what = each.task, "none" if each.slot.step is Step.WEEK else "no edition"
        if task and task.day:
            what = f"would make the {each.slot.named(task.day)}{', late' * task.late}"
        yield _key(each), f"{what}: {each.reason}"
    mails = counted(plan.mails, "mail")
    to = f" to {counted(plan.subscribers, 'subscriber')}" if plan.mails else ""
    makes = any(each.task for each in plan.editions)
    new = ", and those of the new edition that are due" if makes else ""
    yield "deliver", facts["deliver"]["why"] or f"would send {mails}{to}{new}"
    yield "bounces", facts["bounces"]["why"] or "would read returned mail"


def _code(runs: Sequence[Run], *, faults: bool) -> int:
    """Return the exit code: failed when no edition or no mail could be made of what there is.

    The last run of a step says how it ended. What another process does at this moment is done.
    """
    endings = {run.step: run.ending for run in runs}
    failed = {step for step, ending in endings.items() if ending is Ending.FAILED}
    is_blind = endings.get(Step.PUBLISH) is Ending.BLIND
    is_idle = Step.COLLECT in failed and endings.get(Step.PUBLISH) is not Ending.DONE
    if failed & {Step.PUBLISH, Step.WEEK, Step.DELIVER} or is_blind or is_idle:
        return FAILED
    well = set(endings.values()) <= {Ending.DONE, Ending.BUSY}
    return DONE if well and not faults else IN_PART


@command(app, "doctor")
def doctor_command(call: Invocation) -> None:
    """Check everything a briefing needs. Says what to fix; changes nothing."""
    from briefing.setup.checks import look_at_all

    findings = []
    for finding in look_at_all(partial(settings_of, call.config)):
        findings.append(finding)
        if not call.as_json:
            alarm = finding.mark is Level.BROKEN
            say(line(finding), before=f"{finding.mark.value:<7} ", alarm=alarm)
    if call.as_json:
        print_json([fields_of(finding, "name mark words advice") for finding in findings])
    if any(finding.mark is Level.BROKEN for finding in findings):
        raise typer.Exit(FAILED)
