"""The API operations, each with its handler, and the authenticated request that it is given."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.responses import Response

from briefing.app import editors
from briefing.app.collect import sources as app_sources
from briefing.app.editions import Withdraw, withdraw
from briefing.app.readers import administration, normalize, preferences_line
from briefing.app.readers.fields import agreement_errors, changed, read_agreement
from briefing.app.rounds.runs import request_run
from briefing.core.errors import InputError, RoleError, UsageError
from briefing.core.frozen import frozen
from briefing.core.model import (
    FIRST,
    WEEK,
    ApiToken,
    Audience,
    Preferences,
    Source,
    SourceStatus,
    Step,
    Subscriber,
    series_of,
)
from briefing.mail.headers import one_line
from briefing.store import (
    Transaction,
    archive,
    deliveries,
    drafts,
    editions,
    operators,
    reader_list,
    runs,
    subscribers,
    withdrawals,
)
from briefing.store import sources as kept_sources
from briefing.store.audit import Actor
from briefing.web.api import schemas
from briefing.web.forms import read_day, read_number, sentence
from briefing.web.request import WebRequest

T = TypeVar("T")


class Refused(Exception):  # noqa: N818  a response, not a fault
    """An operation refused with a problem response, with what is wrong by field."""

    def __init__(self, status: int, detail: str, wrong: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.wrong = [{"where": name, "what": why} for name, why in (wrong or {}).items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(WebRequest):
    """An API request, as operations receive it."""

    #: Parts of the path by name.
    parts: Mapping[str, str]
    #: Validated model of the query.
    question: Any
    #: Validated model of the body; None if there is none.
    sent: Any
    token: ApiToken

    @property
    def actor(self) -> Actor:
        """The token as the audit log records it."""
        return self.acting(f"{operators.PROGRAM}{self.token.name}")

    def change(
        self,
        use_case: Callable[..., T],
        *given: object,
        missing: int = 404,
        wrong: int = 409,
        **named: object,
    ) -> T:
        """Run a use case in a transaction of its own.

        Raises:
            Refused: it refused; with ``missing`` for input errors, else ``wrong``.
        """
        try:
            with self.context.store.write() as tx:
                return use_case(tx, *given, **named, actor=self.actor)
        except RoleError as error:
            raise Refused(403, sentence(error)) from None
        except InputError as error:
            raise Refused(missing, sentence(error)) from None
        except UsageError as error:
            raise Refused(wrong, sentence(error)) from None

    @property
    def day(self) -> date:
        """The day in the path; Refused: it is not valid."""
        day = read_day(self.parts["day"])
        if not day:
            raise Refused(404, "Invalid day; write it as 2026-01-04.")
        return day

    def edition(self, name: str | None = None) -> str:
        """Return which edition of a day is asked for, empty: the first; Refused: none is known."""
        asked = self.question.edition if name is None else name
        if asked in {"", FIRST, WEEK}:
            return asked if asked == WEEK else ""
        try:
            return self.context.timetable.of(asked).edition
        except UsageError as error:
            raise Refused(404, sentence(error)) from None

    @property
    def series(self) -> str:
        """The name under which the store has the edition that is asked for."""
        return series_of(self.context.briefing, self.edition())

    @property
    def id(self) -> int:
        """The number in the path; Refused: it is not valid."""
        number = read_number(self.parts["id"])
        if number is None:
            raise Refused(404, "Invalid number.")
        return number


#: Returns what its answer is made of: a core type, or facts by name.
Handler = Callable[[Call], object]


@frozen
class Operation:
    """One method of one path."""

    #: Below the root of the API; "{name}" is a parameter.
    path: str
    #: The response: a model in JSON, or the media type of a file.
    answer: type[BaseModel] | str
    handler: Handler
    method: str = "GET"
    #: What it does, as the audit log names it: the role of the token must allow that; empty: it
    #: reads what every role may.
    act: str = ""
    question: type[BaseModel] = schemas.Nothing
    #: Model of the body; None if there is none.
    body: type[BaseModel] | None = None
    #: Whether the body may be omitted.
    optional: bool = False
    #: HTTP status of success.
    status: int = 200
    #: Statuses of its problems, besides the common ones, and 404 of a path with parts.
    problems: tuple[int, ...] = ()

    @property
    def pattern(self) -> re.Pattern[str]:
        """What its paths match, with a group for each part."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))


#: Every operation, in the order of its handler below.
OPERATIONS: list[Operation] = []


def _get(path: str, answer: type[BaseModel] | str, **about: Any) -> Callable[[Handler], Handler]:  # noqa: ANN401
    """List the handler of an operation, of which ``about`` are further fields."""

    def listed(handler: Handler) -> Handler:
        OPERATIONS.append(Operation(path, answer, handler, **about))
        return handler

    return listed


_post = partial(_get, method="POST")
_create = partial(_post, status=201, problems=(409,))
_change = partial(_post, problems=(409,))
_change_source = partial(_post, body=schemas.OfSource)
#: What shows addresses of readers needs the role that may take them away.
_readers = partial(_get, act="export subscribers")
_NO_EDITION = "There is no edition for this day."


@_get("/editions", schemas.Editions, question=schemas.Paging)
def listed_editions(call: Call) -> object:
    """List editions, newest first."""
    every = call.look(archive.every, call.context.briefing)
    lines = [{"day": day, "number": number, "edition": name} for name, day, number in every]
    first = call.question.offset
    return {"total": len(lines), "editions": lines[first : first + call.question.limit]}


@_get("/editions/{day}", schemas.EditionRecord, question=schemas.EditionQuestion, problems=(410,))
def edition(call: Call) -> Response:
    """Return the stored record of an edition."""
    return Response(_edition(call).record, media_type="application/json")


@_get("/editions/{day}/pdf", "application/pdf", question=schemas.EditionQuestion, problems=(410,))
def pdf(call: Call) -> Response:
    """Return the PDF of an edition."""
    content = _edition(call).files.get("pdf")
    if content is None:
        raise Refused(404, "This edition has no PDF.")
    return Response(content, media_type="application/pdf")


@_change(
    *("/editions/{day}/withdraw", schemas.WithdrawalLine),
    act="withdraw edition",
    question=schemas.EditionQuestion,
    body=schemas.NewWithdrawal,
    optional=True,
)
def withdraw_edition(call: Call) -> object:
    """Withdraw the edition of a day; its proof is kept and its pending mails are canceled."""
    day, asked, context = call.day, call.sent, call.context
    if asked.tell_readers and context.sender is None:
        raise Refused(409, "tell_readers: this briefing sends no mail; leave it out.")
    edition, tells = call.edition(), asked.tell_readers
    wanted = Withdraw(context.settings.name, day, asked.reason, tell_readers=tells, edition=edition)
    done = call.change(withdraw, wanted)
    return asdict(done) | asdict(done.withdrawal) | {"day": day}


@_get("/search", schemas.Hits, question=schemas.SearchQuestion)
def search(call: Call) -> object:
    """Search the archive."""
    asked = call.question
    words, status = (asked.words, asked.section, asked.publisher), asked.status
    question = archive.Question(*words, asked.since, asked.until, status.value if status else "")
    find = partial(archive.search, limit=asked.limit, offset=asked.offset)
    return call.look(find, call.context.briefing, question)


@_get("/round", schemas.Runs, question=schemas.RunsQuestion)
def rounds(call: Call) -> object:
    """List the latest runs."""
    asked = call.question
    recent = call.look(runs.recent, call.context.briefing, limit=asked.limit, step=asked.step)
    return {"runs": recent}


@_post(
    "/round/{step}",
    schemas.Ordered,
    act="order collect",
    body=schemas.Order,
    optional=True,
    status=202,
    problems=(503,),
)
def order(call: Call) -> object:
    """Request a run of a step."""
    day, context = call.sent.day, call.context
    try:
        step = Step(call.parts["step"])
    except ValueError:
        raise Refused(404, f"Unknown step; known: {', '.join(Step)}.") from None
    edition = call.edition(call.sent.edition) if step is Step.PUBLISH else ""
    if context.requests is None:
        raise Refused(503, "No round runs in this process; `briefing serve` runs one.")
    call.change(request_run, step, day=day, timetable=context.timetable, wrong=422)
    context.requests.give(step, day=day, edition=edition)
    return {"step": step, "day": day}


@_get("/sources", schemas.Sources)
def sources(call: Call) -> object:
    """List all sources with their status."""
    statuses = call.look(kept_sources.source_statuses)
    return {"sources": [_line(status) for status in statuses]}


def _line(status: SourceStatus) -> dict[str, Any]:
    # Its query may hold a key.
    url = status.source.url.partition("?")[0]
    return asdict(status) | asdict(status.source) | {"url": url}


def _source_answer(call: Call, url: str) -> object:
    status = call.look(kept_sources.source_status, url)
    if not status:
        raise Refused(404, "Unknown source.")
    return _line(status)


def _faults_of(source: Source) -> dict[str, str]:
    # What it is read by has the name here that the kind of its texts has elsewhere.
    faults = app_sources.faults_of(source)
    return {{"kind": "genre"}.get(name, name): sentence(why) for name, why in faults.items()}


def _refuse_faults(faults: Mapping[str, str]) -> None:
    if faults:
        raise Refused(422, "The request is not valid; nothing was changed.", faults)


@_create("/sources", schemas.SourceLine, act="add source", body=schemas.NewSource)
def add_source(call: Call) -> object:
    """Add a source; it is read for the first time when sources are next read."""
    new = Source(**call.sent.model_dump())
    faults = _faults_of(new)
    with _noting(faults, "url"):
        app_sources.refuse_password(new.url)
    _refuse_faults(faults)
    if not call.change(app_sources.add_sources, [new]):
        raise Refused(409, "This address is already a source.")
    return _source_answer(call, new.url)


@_post("/sources/change", schemas.SourceLine, act="edit source", body=schemas.SourceChange)
def change_source(call: Call) -> object:
    """Change what is given of a source."""
    given = call.sent.model_dump(exclude_none=True)
    url = given.pop("url")
    _source_answer(call, url)
    _refuse_faults(_faults_of(replace(Source(url), **given)))
    call.change(app_sources.edit_source, url, **given)
    return _source_answer(call, url)


@_change_source("/sources/pause", schemas.SourceLine, act="pause source", problems=(404, 409))
def pause_source(call: Call) -> object:
    """Pause a source: it is not read until it is resumed."""
    return _turned(call, app_sources.pause_source)


@_change_source("/sources/resume", schemas.SourceLine, act="resume source", problems=(404, 409))
def resume_source(call: Call) -> object:
    """Resume a paused source."""
    return _turned(call, app_sources.resume_source)


def _turned(call: Call, use_case: Callable[..., None]) -> object:
    url = call.sent.url
    _source_answer(call, url)
    call.change(use_case, url)
    return _source_answer(call, url)


@_change_source("/sources/remove", schemas.SourceRemoved, act="remove source", problems=(404,))
def remove_source(call: Call) -> object:
    """Remove a source; its reports are kept."""
    call.change(app_sources.remove_source, call.sent.url, wrong=404)
    return {"url": call.sent.url.partition("?")[0]}


@_readers("/subscribers", schemas.Subscribers, question=schemas.SubscribersQuestion)
def listed_subscribers(call: Call) -> object:
    """List subscribers, oldest first."""
    asked = call.question
    with call.read() as tx:
        matching = reader_list.Matching(state=asked.state)
        part, total = reader_list.page(tx, matching, offset=asked.offset, limit=asked.limit)
    return {"total": total, "subscribers": part}


@_readers("/subscribers/{id}", schemas.SubscriberLine)
def subscriber(call: Call) -> object:
    """Return one subscriber."""
    person = call.look(subscribers.get, call.id)
    if person is None:
        raise Refused(404, "Unknown subscriber.")
    return person


@_create("/subscribers", schemas.SubscriberLine, act="add subscriber", body=schemas.NewSubscriber)
def add_subscriber(call: Call) -> object:
    """Add a subscriber who has agreed."""
    asked, context = call.sent, call.context
    preferences, wrong = _preferences(call, context.settings.usual, asked.preferences)
    words, today = (asked.consent, asked.since), context.today
    wrong |= {
        each.field: f"{each.reason}. {each.hint}." for each in agreement_errors(*words, today=today)
    }
    address = asked.address
    with _noting(wrong, "address"):
        address = normalize(asked.address)
    _refuse_faults(wrong)
    new = Subscriber(0, address, one_line(asked.name), preferences=preferences)
    return call.change(administration.add, new, agreement=read_agreement(*words, today=today))


@_change("/subscribers/{id}", schemas.SubscriberLine, act="change subscriber", body=schemas.Wishes)
def change_subscriber(call: Call) -> object:
    """Change the preferences that are given."""
    before = subscriber(call)
    assert isinstance(before, Subscriber)  # noqa: S101  for the types
    wanted, wrong = _preferences(call, before.preferences, call.sent)
    _refuse_faults(wrong)
    seen = preferences_line(before.preferences)
    return call.change(administration.change, call.id, preferences=wanted, seen=seen)


@_change("/subscribers/{id}/let-in", schemas.SubscriberLine, act="approve subscriber")
def let_in(call: Call) -> object:
    """Let somebody in who has confirmed the address and waits; a mail tells them."""
    context = call.context
    done = call.change(
        administration.let_in, call.id, briefing=context.briefing, life=context.settings.life
    )
    context.wake()
    return done


@_change("/subscribers/{id}/decline", schemas.Removed, act="decline subscriber")
def decline(call: Call) -> object:
    """Decline the request of somebody who waits, and forget them; a mail tells them."""
    call.change(administration.decline, call.id)
    call.context.wake()
    return {"id": call.id}


@_change("/subscribers/{id}/pause", schemas.SubscriberLine, act="pause subscriber")
def pause(call: Call) -> object:
    """Pause a subscription."""
    return call.change(administration.pause, call.id)


@_change("/subscribers/{id}/resume", schemas.SubscriberLine, act="resume subscriber")
def resume(call: Call) -> object:
    """Resume a paused or suspended subscription."""
    return call.change(administration.resume, call.id)


@_change("/subscribers/{id}/remove", schemas.Removed, act="remove subscriber")
def remove(call: Call) -> object:
    """Remove a subscriber; an address that unsubscribed stays suppressed."""
    call.change(administration.remove, call.id)
    return {"id": call.id}


@_get("/deliveries/{day}", schemas.DeliveryCounts, question=schemas.EditionQuestion)
def delivery_counts(call: Call) -> object:
    """Count the deliveries of a day by status."""
    audience = call.look(_audience, call)
    return asdict(audience) | {"total": sum(audience.counts.values())}


@_readers("/deliveries/{day}/each", schemas.Deliveries, question=schemas.DeliveriesQuestion)
def listed_deliveries(call: Call) -> object:
    """List the deliveries of a day, oldest first."""
    asked = call.question
    with call.read() as tx:
        audience = _audience(tx, call)
        matching = deliveries.of(tx, audience.edition, status=asked.fate)
        part = list(islice(matching, asked.offset, asked.offset + asked.limit))
    counts = audience.counts
    total = sum(counts.values()) if asked.fate is None else counts.get(asked.fate, 0)
    return {"edition": audience.edition, "total": total, "deliveries": part}


@_get("/choices/{day}", schemas.Choices, question=schemas.EditionQuestion)
def standing_choices(call: Call) -> object:
    """List the active choices of an edition of a day."""
    return {"day": call.day, "choices": call.look(drafts.active, call.series, call.day)}


@_create(
    *("/choices/{day}", schemas.ChoiceLine),
    act="pin story",
    question=schemas.EditionQuestion,
    body=schemas.NewChoice,
)
def choose(call: Call) -> object:
    """Make a choice on a story; it replaces one of the same kind on the same report."""
    wanted = editors.ChoiceRequest(call.sent.document, call.sent.action, call.sent.section)
    (choice,) = call.change(editors.choose, [wanted], edition=_edition_steering(call), missing=422)
    return choice


@_change(
    *("/choices/{day}/{id}", schemas.ChoiceLine),
    act="undo",
    method="DELETE",
    question=schemas.EditionQuestion,
)
def undo(call: Call) -> object:
    """Undo a choice."""
    return call.change(editors.undo, call.id, edition=_edition_steering(call))


@contextmanager
def _noting(wrong: dict[str, str], name: str) -> Iterator[None]:
    """Note as what is wrong with a field why a use case refuses it."""
    try:
        yield
    except (InputError, UsageError) as error:
        wrong[name] = sentence(error)


def _preferences(
    call: Call, before: Preferences, wishes: BaseModel
) -> tuple[Preferences, dict[str, str]]:
    given = {name: value for name, value in wishes if value is not None}
    wanted, wrong = changed(before, given, offered=call.context.settings.offered)
    return wanted, {f"preferences.{name}": sentence(why) for name, why in wrong.items()}


def _edition(call: Call) -> editions.StoredEdition:
    day, series = call.day, call.series
    with call.read() as tx:
        stored = editions.on(tx, series, day)
        gone = () if stored else withdrawals.on(tx, series, day)
    if stored is None:
        raise Refused(410, f"It was {gone[0].words}.") if gone else Refused(404, _NO_EDITION)
    return stored


def _audience(tx: Transaction, call: Call) -> Audience:
    """Return the delivery counts of a day, also for a withdrawn edition."""
    series, day = call.series, call.day
    stored = editions.on(tx, series, day)
    ids = [stored.id] if stored else [gone.edition for gone in withdrawals.on(tx, series, day)]
    if not ids:
        raise Refused(404, _NO_EDITION)
    return deliveries.audience(tx, ids[0])


def _edition_steering(call: Call) -> editors.OpenEdition:
    context, day, name = call.context, call.day, call.edition()
    if name == WEEK:
        raise Refused(422, "A week in review is made without choices.")
    made = context.drafts.get(name)
    draft = made.last(day) if made else None
    stories = editors.stories_of(draft.edition) if draft else {}
    return editors.OpenEdition(call.series, day, context.settings.printed, stories)
