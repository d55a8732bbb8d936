"""Acts of operators: confirmed, undone within a minute, their outcome; and the audit log."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from briefing.core.errors import UsageError
from briefing.core.model import Ending, Step, Subscriber
from briefing.store import audit, operators, runs
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.results import came_of
from briefing.web.context import WAIT, Act
from briefing.web.forms import read_number
from briefing.web.request import ACT, SitePage

PATH = "/admin/acts"
#: Seconds between automatic reloads while something is under way.
_RELOAD = 5


def ask(
    session: AdminSession,
    do: Callable[[datetime], str],
    *,
    title: str,
    back: str,
    step: Step | None = None,
    **question: object,
) -> Response:
    """Show what an act does and ask; once that is answered have it done in a minute.

    ``do`` acts at a moment and returns what came of it. A question has the label of its ``button``,
    ``lines`` that say what goes to whom, ``previews`` by label and path of what is looked at
    before, whether it asks for the ``reason`` that readers see, and the ``letter`` they get.
    """
    if session.field("sure") == "1":
        return begin(session, title, do, back=back, step=step)
    sent = session.request.fields.items()
    fields = [(name, value) for name, values in sent for value in values if name != "form_token"]
    shown = dict[str, Any](previews=(), reason=False, letter="") | question
    action = session.request.address
    return session.page("act", title=title, back=back, fields=fields, action=action, **shown)


def ask_again(
    session: AdminSession,
    use_case: Callable[..., object],
    *given: object,
    to: Subscriber,
    back: str,
    **named: object,
) -> Response:
    """Ask before one mail is sent to a reader once more."""

    def send(at: datetime) -> str:
        try:
            session.run(use_case, *given, **named, at=at)
        except UsageError:
            return "Nothing has changed: this mail cannot be sent again."
        session.context.wake()
        return "It will be sent with the next run, with new links."

    # The title is kept for an hour, the address is not.
    title = f"Send a mail again to reader {to.id}"
    return ask(
        session, send, title=title, button="Send", lines=[f"It goes to {to.address}."], back=back
    )


def begin(  # noqa: PLR0913  what is to be known of an act
    session: AdminSession,
    title: str,
    do: Callable[[datetime], str],
    *,
    back: str,
    step: Step | None = None,
    wait: timedelta = WAIT,
) -> Response:
    """Have something done after a wait, and lead to its outcome."""
    acts, at = session.context.acts, session.request.at
    acts.add(Act(title, session.operator, back, at + wait, do, step), at=at)
    return session.back(PATH)


def acts(session: AdminSession) -> Response:
    """Show the last acts and their outcome; undo one."""
    if session.request.posts:
        undone = session.context.acts.undo(read_number(session.field("undo")) or 0)
        if undone is None:
            return session.back(PATH, message="late")
        with session.write() as tx:
            session.actor.note(tx, "undo", undone.title)
        return session.back(PATH, message="undone")
    rows = [(act, *_state(session, act)) for act in session.context.acts.listed()]
    going = any(state in {"Waits", "Under way"} for _, state, _ in rows)
    stopped = session.request.query.get("refresh") == "0"
    return session.page("acts", rows=rows, reload=_RELOAD if going and not stopped else 0)


def _state(session: AdminSession, act: Act) -> tuple[str, str]:
    """Return how an act stands, and what came of it."""
    if act.done is None:
        left = max(int((act.due - session.request.at).total_seconds()), 0)
        return "Waits", f"Done in {left} seconds, unless it is undone."
    if act.failed:
        return "Failed", act.words
    if act.step is None:
        return "Done" if act.words else "Under way", act.words  # which come when all is done
    with session.read() as tx:
        run = runs.last(tx, session.briefing, act.step)
    if run is None or run.began < act.done or run.ended is None:
        return "Under way", act.words
    good = run.ending in {Ending.DONE, Ending.PART}
    return "Done" if good else "Failed", came_of(run) or f"{run.ending}"


#: Lines on the page.
_MOST = 200


def log(session: AdminSession) -> Response:
    """Show the latest events of all actors or of one."""
    who = "".join(filter(str.isprintable, session.request.query.get("who", "")))
    with session.read() as tx:
        events = audit.recent(tx, limit=_MOST, who=who)
        names = tuple(operator.name for operator in operators.listed(tx))
    zone, most = session.zone, _MOST
    return session.page("audit", events=events, who=who, names=names, most=most, zone=zone)


PAGES = (SitePage(PATH, view(acts), ACT, acts=("undo",)), SitePage("/admin/log", view(log)))
