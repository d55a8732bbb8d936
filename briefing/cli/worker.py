"""The command that does the jobs of the rounds of other processes."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.app import FAILED, IN_PART, AsJson, app, print_json
from briefing.cli.serve import Configs, Configured, briefings_of, logged, say_refused
from briefing.cli.terminal import say
from briefing.core.counting import counted
from briefing.core.errors import BriefingError, UsageError
from briefing.core.model import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefing.setup.worker import BriefingWorker


@app.command("worker")
def worker_command(
    *,
    only: Annotated[
        list[Step] | None,
        typer.Option("--only", help="Do only this kind of work; repeat it for several."),
    ] = None,
    config: Configs = None,
    as_json: AsJson = False,
) -> None:
    """Do the work that `briefing serve` plans, until stopped."""
    from briefing.setup.cluster import worker_name

    briefings, unread = briefings_of(config)
    alone, name = len(briefings) + len(unread) == 1, worker_name()
    with logged(briefings), ExitStack() as opened:
        for one, error in unread:
            say_refused(one, error)
        workers: dict[str, BriefingWorker] = {}
        for configured in briefings:
            briefing = configured[0].name
            try:
                workers[briefing] = _opened(opened, configured, only=only or (), name=name)
            except BriefingError as error:
                if alone:
                    raise
                say_refused(briefing, error)
        _work(workers, name, as_json=as_json)
    if len(workers) < len(briefings) + len(unread):
        raise typer.Exit(IN_PART if workers else FAILED)


def _work(workers: Mapping[str, BriefingWorker], name: str, *, as_json: bool) -> None:
    from briefing.setup.worker import run_workers

    for briefing, worker in workers.items():
        _tell(briefing, worker, name, as_json=as_json)
    if workers:
        run_workers(tuple(workers.values()))
    for briefing, worker in workers.items():
        _tell_end(briefing, worker, name, as_json=as_json)


def _opened(
    opened: ExitStack, configured: Configured, *, only: list[Step] | tuple[()], name: str
) -> BriefingWorker:
    """Open what a worker of a briefing needs.

    Raises:
        UsageError: its rounds do the work themselves.
        PreflightError: what it needs is broken.
    """
    from briefing.app.doctor import Use
    from briefing.setup.preflight import open_checked
    from briefing.setup.worker import BriefingWorker

    settings, folder, live = configured
    if settings.engine.kind == "inline":
        raise UsageError(
            'engine.kind is "inline": `briefing serve` does the work itself; set it to '
            '"procrastinate" to have workers do it'
        )
    store = opened.enter_context(closing(open_checked(settings, folder=folder, use=Use.RUN)))
    return opened.enter_context(BriefingWorker(store, live, folder=folder, only=only, name=name))


def _tell(briefing: str, worker: BriefingWorker, name: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"name": briefing, "worker": name, "does": worker.steps}, in_one_line=True)
        return
    say(f"{briefing}: worker {name} does {', '.join(worker.steps)}")


def _tell_end(briefing: str, worker: BriefingWorker, name: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"name": briefing, "worker": name, "jobs": worker.done}, in_one_line=True)
        return
    say(f"{briefing}: worker {name} has ended, after {counted(worker.done, 'job')}")
