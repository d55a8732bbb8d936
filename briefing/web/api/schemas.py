"""PURE: request and response models, from which the OpenAPI document is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from briefing.core.model import Action, DeliveryStatus, Ending, Form, State, Status, Step
from briefing.store.archive import PassageKind

#: Text from outside: one short line.
Line = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class RequestModel(BaseModel):
    """Base of what a client sends; unknown names are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ResponseModel(BaseModel):
    """Base of what is returned, read from the attributes of core types."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Nothing(RequestModel):
    """No parameters."""


class Paging(RequestModel):
    """Limit and offset of a list."""

    limit: int = Field(50, ge=1, le=200, description="Entries to return.")
    offset: int = Field(0, ge=0, le=1_000_000, description="Entries to skip.")


class SearchQuestion(Paging):
    """Search parameters; omitted ones do not filter."""

    words: Line = Field("", description="All of them stand in one sentence and what is beside it.")
    section: Line = ""
    publisher: Line = ""
    since: date | None = Field(None, description="First day.")
    until: date | None = Field(None, description="Last day.")
    status: Status | None = None


class RunsQuestion(RequestModel):
    """Which runs to list."""

    limit: int = Field(50, ge=1, le=200, description="Runs to return, newest first.")
    step: Step | None = None


class SubscribersQuestion(Paging):
    """Which subscribers to list."""

    state: State | None = None


class DeliveriesQuestion(Paging):
    """Which deliveries to list."""

    fate: DeliveryStatus | None = None


class Order(RequestModel):
    """A requested run; may be omitted."""

    day: date | None = Field(None, description="For publish and deliver; default: today.")


class NewWithdrawal(RequestModel):
    """Why an edition is withdrawn; may be omitted."""

    reason: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")] = (
        Field("", description="One line, shown to readers.")
    )
    tell_readers: bool = Field(
        default=False, description="Whether everyone who received it is mailed a notice."
    )


class NewChoice(RequestModel):
    """A choice on the next edition; it never edits text."""

    action: Action
    document: Line = Field(
        min_length=1,
        description="Id of a report of the story, or of one that the gate refused; for headline: "
        "of the report whose title is the headline.",
    )
    section: Line = Field("", description="For move: the new section.")

    @model_validator(mode="after")
    def _moves_somewhere(self) -> NewChoice:
        if (self.action is Action.MOVE) != bool(self.section):
            raise ValueError("section: give one to move a story, and only then")
        return self


class Problem(ResponseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    wrong: tuple[Mapping[str, str], ...]


class EditionLine(ResponseModel):
    """One edition in a list."""

    day: date
    number: int


class Editions(ResponseModel):
    """Editions, the newest first."""

    total: int
    editions: Sequence[EditionLine]


class EditionRecord(ResponseModel):
    """An edition, described in docs/edition-json.md; it has more fields than these."""

    model_config = ConfigDict(extra="allow", frozen=True)

    # pydantic has a method of the name.
    schema_: int = Field(alias="schema")
    digest: str
    id: str
    name: str
    date: date
    language: str
    number: int
    sections: tuple[Mapping[str, Any], ...]
    documents: Mapping[str, Mapping[str, Any]]
    ledger: Mapping[str, Any]
    manifest: Mapping[str, Any]


class WithdrawalLine(ResponseModel):
    """A withdrawn edition."""

    edition: str
    day: date
    at: datetime
    who: str
    reason: str
    canceled: int = Field(description="Deliveries that were canceled.")
    notices: int = Field(description="Number of readers to be notified.")


class HitLine(ResponseModel):
    """A brief that matches."""

    edition: str
    day: date
    number: int
    section: str
    status: Status
    headline: str
    sentence: str
    kind: PassageKind
    beside: str
    publishers: tuple[str, ...]


class Hits(ResponseModel):
    """Matching briefs, newest first."""

    total: int
    hits: Sequence[HitLine]


class RunLine(ResponseModel):
    """One run of a step."""

    id: int
    step: Step
    day: date | None
    began: datetime
    ended: datetime | None
    ending: Ending | None
    late: bool
    words: str
    figures: Mapping[str, int]


class Runs(ResponseModel):
    """Runs, newest first."""

    runs: Sequence[RunLine]


class Ordered(ResponseModel):
    """A requested run; it starts in a moment."""

    step: Step
    day: date | None


class SourceLine(ResponseModel):
    """A source and its status."""

    url: str = Field(description="Without its query, which may hold a key.")
    kind: str
    name: str
    added: datetime
    visited: datetime | None
    answered: datetime | None
    failing_since: datetime | None
    failures: int
    reason: str
    fresh_at: datetime | None
    newest: datetime | None


class Sources(ResponseModel):
    """All sources."""

    sources: Sequence[SourceLine]


class WishesLine(ResponseModel):
    """Preferences of a subscriber."""

    sections: tuple[str, ...] = Field(description='Empty: all. ["none"]: watch-lists alone.')
    lists: tuple[str, ...] = Field(description="Watch-lists.")
    form: Form
    days: tuple[int, ...] = Field(description="0 for Monday to 6.")
    at: time
    zone: str
    language: str


class SubscriberLine(ResponseModel):
    """A subscriber."""

    id: int
    address: str
    name: str
    state: State
    since: datetime | None
    reason: str
    preferences: WishesLine


class Subscribers(ResponseModel):
    """Subscribers, oldest first."""

    total: int
    subscribers: Sequence[SubscriberLine]


class Removed(ResponseModel):
    """A removed subscriber."""

    id: int


class DeliveryCounts(ResponseModel):
    """Deliveries of an edition by status."""

    edition: str
    day: date
    total: int
    counts: Mapping[DeliveryStatus, int]


class DeliveryLine(ResponseModel):
    """One edition to one subscriber."""

    id: int
    subscriber: int
    address: str
    due: datetime
    #: The name under which programs know the status.
    fate: DeliveryStatus = Field(validation_alias=AliasChoices("status", "fate"))
    tries: int
    reason: str
    done: datetime | None


class Deliveries(ResponseModel):
    """Deliveries of an edition, oldest first."""

    edition: str
    total: int
    deliveries: Sequence[DeliveryLine]


class ChoiceLine(ResponseModel):
    """A choice on an edition."""

    id: int
    day: date
    action: Action
    document: str
    url: str
    headline: str
    section: str
    who: str
    at: datetime


class Choices(ResponseModel):
    """The active choices."""

    day: date
    choices: Sequence[ChoiceLine]
