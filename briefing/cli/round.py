"""The command that does the daily round once, and the one that examines a briefing: doctor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from briefing.app.doctor import Level, Use, line
from briefing.cli.app import (
    DONE,
    FAILED,
    IN_PART,
    AsJson,
    Invocation,
    app,
    command,
    fields_of,
    flag,
    print_json,
    say,
    settings_of,
)
from briefing.cli.serve import Configs, briefings_of, logged, say_refused
from briefing.core.counting import counted
from briefing.core.errors import BriefingError
from briefing.core.model import Ending, Run, Step
from briefing.setup.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefing.app.rounds.days import RoundPlan
    from briefing.app.rounds.runs import RoundTask
    from briefing.settings import Settings


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
    lines: list[dict[str, Any]] = []
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


def _run(
    settings: Settings, *, only_due: bool, quiet: bool
) -> tuple[Sequence[dict[str, Any]], int]:
    """Do the round of one briefing; return the facts of its runs and the exit code."""
    from briefing.app.editions import faults_of_dates
    from briefing.core.edition import slug
    from briefing.settings import timetable_of
    from briefing.setup.checks import open_checked
    from briefing.setup.daily import run_briefing

    done: list[Run] = []
    with open_checked(settings, use=Use.RUN) as store:
        for run in run_briefing(store, settings=settings, only_due=only_due):
            done.append(run)
            if not quiet:
                _say(run, settings.name)
        with store.read() as tx:
            faults = faults_of_dates(
                tx, slug(settings.name), timetable=timetable_of(settings), at=now()
            )
    for fault in faults:
        say(f"briefing: {settings.name}: {fault}", err=True)
    return [_facts(run) for run in done], _code(done, faults=bool(faults))


def _plan(
    settings: Settings, *, only_due: bool, quiet: bool
) -> tuple[Sequence[dict[str, Any]], int]:
    """Say what the round of one briefing would do; return it as facts, and the exit code."""
    from briefing.core.edition import slug
    from briefing.setup.daily import plan_briefing

    plan = plan_briefing(settings, only_due=only_due)
    facts = _plan_facts(plan)
    if not quiet:
        for step, line in _plan_lines(plan, facts):
            say(f"{settings.name}: {step}: {line}")
    return [{"briefing": slug(settings.name), "at": plan.at, **facts}], DONE


def _plan_facts(plan: RoundPlan) -> dict[str, Any]:
    delivers, reads = Step.DELIVER in plan.steps, Step.BOUNCES in plan.steps
    return {
        "collect": {"due": plan.due_sources, "resting": plan.resting_sources},
        "publish": _task_facts(plan.edition, plan.reason),
        "week": _task_facts(plan.week, plan.week_reason) if plan.week_reason else None,
        "deliver": {
            "would": delivers and plan.mails > 0,
            "due": plan.mails,
            "subscribers": plan.subscribers,
            "why": "" if delivers else "mail.sender is empty",
        },
        "bounces": {"would": reads, "why": "" if reads else "mail.bounces is empty"},
    }


def _task_facts(task: RoundTask | None, reason: str) -> dict[str, Any]:
    return {
        "would": task is not None,
        "day": task and task.day,
        "late": bool(task and task.late),
        "why": reason,
    }


def _plan_lines(plan: RoundPlan, facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what each step would do, in words."""
    edition, week = plan.edition, plan.week
    resting = f"; {plan.resting_sources:,} not due yet" if plan.resting_sources else ""
    yield "collect", f"would fetch {counted(plan.due_sources, 'source')}{resting}"
    what = f"would make the edition of {edition.day}{_late(edition)}" if edition else "no edition"
    yield "publish", f"{what}: {plan.reason}"
    if plan.week_reason:
        what = f"would make the week in review to {week.day}{_late(week)}" if week else "none"
        yield "week", f"{what}: {plan.week_reason}"
    mails = counted(plan.mails, "mail")
    to = f" to {counted(plan.subscribers, 'subscriber')}" if plan.mails else ""
    new = ", and those of the new edition that are due" if edition or week else ""
    yield "deliver", facts["deliver"]["why"] or f"would send {mails}{to}{new}"
    yield "bounces", facts["bounces"]["why"] or "would read returned mail"


def _late(task: RoundTask) -> str:
    return ", late" if task.late else ""


def _say(run: Run, name: str) -> None:
    figures = ", ".join(f"{number:,} {what}" for what, number in run.figures.items())
    words = "; ".join(part for part in (str(run.ending), figures, run.words) if part)
    say(f"{name}: {run.step}: {words}")


def _facts(run: Run) -> dict[str, Any]:
    facts = fields_of(run, "briefing step began ended day ending late words")
    return {**facts, "figures": dict(run.figures)}


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
