"""The schedule and recent runs; the schedule is changed under Settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, timedelta
from types import MappingProxyType

from starlette.responses import Response

from briefing.core.counting import counted
from briefing.core.model import Ending, Run, Step
from briefing.core.schedule import Timetable, publish_at
from briefing.press.phrases import phrases
from briefing.press.wording import place
from briefing.store import runs, statistics
from briefing.web.admin.attention import STEPS
from briefing.web.admin.charts import Plot, rows
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.run_results import figures_of, in_browser
from briefing.web.admin.times import Times, times_in
from briefing.web.page import SitePage

_AHEAD, _RUNS, _EDITIONS = 7, 60, 14
_WEEKDAYS = phrases("en").weekdays
_ENDINGS: Mapping[Ending, str] = MappingProxyType(
    {
        Ending.DONE: "Done",
        Ending.PART: "Done in part",
        Ending.EMPTY: "Nothing to print",
        Ending.BLIND: "Sources not read",
        Ending.BUSY: "Done by another process",
        Ending.FAILED: "Failed",
    }
)
_HOUR = 3600


def schedule(session: AdminSession) -> Response:
    """Show the next seven days, the settings and recent runs."""
    context, times = session.context, times_in(session.zone, now=session.request.at)
    with session.context.store.read() as tx:
        ran = runs.recent(tx, context.briefing, limit=_RUNS)
        stories = statistics.stories_by_section(tx, context.briefing, limit=_EDITIONS)
    return session.page(
        "schedule",
        place=place(session.zone),
        days=list(_days(context.timetable, times)) if context.timetable else (),
        rules=_settings(context.timetable, times) if context.timetable else {},
        running=context.requests is not None and context.has_round,
        runs=[_run_row(run, times, newer=ran[:number]) for number, run in enumerate(ran)],
        plot=_stories(stories, times, heading=context.heading) if stories else None,
        editions=len(stories),
    )


def _days(timetable: Timetable, times: Times) -> Iterator[tuple[str, str, str]]:
    """Yield the next days with the time of their page, local and in UTC, or why there is none.

    A day on which a week ends has a second line, for its review.
    """
    for ahead in range(_AHEAD):
        day = times.today + timedelta(days=ahead)
        for slot in timetable.slots:
            at, of_week = publish_at(slot, day), slot.step is Step.WEEK
            if at is not None:
                passed = ", passed" if at <= times.now else ""
                utc = f"{at.astimezone(UTC):%H:%M} UTC{passed}"
                what = f"{utc}: week in review" if of_week else utc
                yield times.day(day), times.clock(at), what
            elif not of_week:
                yield times.day(day), "", _why_not(timetable, day)


def _why_not(timetable: Timetable, day: date) -> str:
    if day in timetable.holidays:
        return "no page: holiday"
    return f"no page on {_WEEKDAYS[day.weekday()]}s"


def _settings(timetable: Timetable, times: Times) -> Mapping[str, str]:
    """Return the schedule settings in words."""
    off = sorted(day for day in timetable.holidays if day >= times.today)
    days, week = timetable.days, timetable.week
    return {
        "Page": f"{timetable.at:%H:%M}, {place(timetable.zone)}",
        "Days": "every day" if len(days) == 7 else ", ".join(_WEEKDAYS[day] for day in days),
        "Days without": ", ".join(map(times.day, off)) or "none ahead",
        "Week in review": f"{_WEEKDAYS[week.days[0]]}, {week.at:%H:%M}" if week else "made by hand",
        "Sources": f"collected every {_length(timetable.collect_every)}",
        "Late": f"a page is made up to {_length(timetable.patience)} late",
    }


def _length(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    if seconds >= _HOUR and seconds % _HOUR == 0:
        return counted(seconds // _HOUR, "hour")
    if seconds >= 60:
        return counted(seconds // 60, "minute")
    return counted(seconds, "second")


def _run_row(run: Run, times: Times, *, newer: Sequence[Run]) -> dict[str, object]:
    """Return a table row of a run; one without an end that another followed was interrupted."""
    cut = run.ended is None and any(later.step is run.step for later in newer)
    ending = _ENDINGS[run.ending] if run.ending else "Interrupted" if cut else "Running"
    return {
        "step": STEPS[run.step],
        "began": times.moment(run.began),
        "late": run.late,
        "took": _length(run.ended - run.began) if run.ended else "",
        "day": times.day(run.day) if run.day else "",
        "ending": ending,
        "bad": cut or run.ending in {Ending.FAILED, Ending.BLIND},
        "well": run.ending is Ending.DONE,
        "words": in_browser(run.words),
        "figures": figures_of(run),
    }


def _stories(
    stories: Sequence[tuple[date, Mapping[str, int]]],
    times: Times,
    *,
    heading: Callable[[str], str],
) -> Plot:
    names = list(dict.fromkeys(name for _, counts in reversed(stories) for name in counts))
    drawn = {heading(name): [counts.get(name, 0) for _, counts in stories] for name in names}
    last = ", ".join(f"{stories[-1][1].get(name, 0)} {name}" for name in names)
    title = f"Stories by section in {counted(len(stories), 'edition')}; in the last: {last}."
    first_day, last_day = times.day(stories[0][0]), times.day(stories[-1][0])
    return rows(drawn, title=title, first=first_day if len(stories) > 8 else "", last=last_day)


PAGES = (SitePage("/admin/schedule", view(schedule)),)
