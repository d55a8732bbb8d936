"""A short mail to every reader that there is no page today, each once at most."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from briefing.app.readers import epoch
from briefing.app.rounds import Ended
from briefing.core.edition import slug
from briefing.core.errors import InputError, StoreError
from briefing.core.model import Ending, Form, State, Subscriber, digest
from briefing.mail.message import Letter, Links, compose, personal
from briefing.mail.relay import ResultKind
from briefing.mail.smtp import RelaySession
from briefing.press.view import long_date
from briefing.setup.clock import now
from briefing.setup.post import Post, post_of, relay_of
from briefing.setup.settings import Settings
from briefing.store import Store, editions, subscribers

_TEXT = """\
There is no page of {name} today, {today}: no report has come in that could be printed.

The next one is due on {coming}.

Change what you get: {wishes}
Unsubscribe: {leave}
"""


#: Ends the notice that an edition was withdrawn.
_LEAVE = """
Unsubscribe: {leave}
"""


def notice_letter(store: Store, edition: str) -> Letter:
    """Return the mail that tells that an edition was withdrawn, plain text in every form.

    Raises:
        StoreError: the notice is not there.
    """
    with store.read() as tx:
        stored = editions.get(tx, edition)
    if stored is None:
        raise StoreError(f"notice {edition}: not in the store; restore the last backup")
    subject, _, words = stored.files["notice"].decode().partition("\n")
    blanks = {"leave": f"leave-{digest(words)}"}
    text = words + _LEAVE.format(**blanks)
    texts = {"text": text, "html": "", "link": text}
    letter = compose(edition, subject=subject, texts=texts, blanks=blanks)
    return replace(letter, bodies=dict.fromkeys(Form, letter.bodies[Form.TEXT]))


def send_notes(  # noqa: PLR0913  what sending is made of
    store: Store,
    *,
    settings: Settings,
    folder: Path,
    day: date,
    coming: date,
    look: Callable[[], None],
) -> Ended:
    """Send a note to each active reader who wants the weekday, at once; what fails stays unsent.

    Args:
        store: holds the readers.
        settings: say who sends.
        folder: where they stand.
        day: that has no edition.
        coming: of the next one.
        look: called before each mail; raises to end early.

    Raises:
        SettingsError: it is not said who sends, or how.
    """
    post, relay = post_of(settings, folder=folder), relay_of(settings, folder=folder)
    if not post.web:
        words = "no note is sent: web.address is empty, and it needs a way to unsubscribe"
        return Ended(Ending.PART, words)
    letter = _letter(settings.name, day=day, coming=coming)
    came: Counter[str] = Counter()
    pause = 1 / settings.mail.per_second if settings.mail.per_second else 0
    with RelaySession(relay) as session:
        for to, links in _readers(store, post, day):
            look()
            if not _still_wants(store, to):
                continue
            try:
                mail = personal(letter, to=to, sender=post.sender, links=links, at=now())
            except InputError:
                came[ResultKind.REFUSED] += 1
                continue
            told = session.send(post.sender.address, to.address, post.signed(mail, at=now()))
            came[told.kind] += 1
            if told.kind is ResultKind.PAUSE:
                return Ended(Ending.FAILED, f"notes are not sent: {told}", dict(came))
            time.sleep(pause)
    well = set(came) <= {ResultKind.SENT}
    return Ended(Ending.DONE if well else Ending.PART, f"notes that {day} has no page", dict(came))


def _letter(name: str, *, day: date, coming: date) -> Letter:
    told = {"name": name, "today": long_date(day), "coming": long_date(coming)}
    key = digest(repr(sorted(told.items())))
    blanks = {what: f"{what}-{key}" for what in ("wishes", "leave")}
    text = _TEXT.format(**told, **blanks)
    # Not the name of the edition: one may still be made by hand, whose mail is another one.
    return compose(
        f"{slug(name)}-no-page/{day}",
        subject=f"No page of {name} today",
        texts={"text": text, "html": "", "link": text},
        blanks=blanks,
    )


def _readers(store: Store, post: Post, day: date) -> Iterator[tuple[Subscriber, Links]]:
    """Yield who wants the weekday, as plain text, with their links."""
    with store.read() as tx:
        wanted = [
            (one, epoch(subscribers.consents(tx, one.id)))
            for one in subscribers.listed(tx, state=State.ACTIVE)
            if day.weekday() in one.preferences.days
        ]
    for one, begun in wanted:
        links = post.links(one.id, epoch=begun, delivery=0, at=now())
        plain = replace(one, preferences=replace(one.preferences, form=Form.TEXT))
        # The address to leave by mail belongs to a delivery, and this is none.
        yield plain, replace(links, leave_by_mail="")


def _still_wants(store: Store, to: Subscriber) -> bool:
    with store.read() as tx:
        found = subscribers.find(tx, to.address)
    return found is not None and found.state is State.ACTIVE
