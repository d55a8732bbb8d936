"""Request and response models, from which the OpenAPI document is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    create_model,
    model_validator,
)

from briefing.core import model
from briefing.store.archive import Hit
from briefing.store.withdrawals import Withdrawal

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
    status: model.Status | None = None


class RunsQuestion(RequestModel):
    """Which runs to list."""

    limit: int = Field(50, ge=1, le=200, description="Runs to return, newest first.")
    step: model.Step | None = None


class SubscribersQuestion(Paging):
    """Which subscribers to list."""

    state: model.State | None = None


class EditionQuestion(RequestModel):
    """Which edition of a day."""

    edition: Line = Field("", description='Its name, such as "evening"; omitted: the first.')


class DeliveriesQuestion(EditionQuestion, Paging):
    """Which deliveries to list."""

    fate: model.DeliveryStatus | None = None


class Order(RequestModel):
    """A requested run; may be omitted."""

    day: date | None = Field(None, description="For publish and deliver; default: today.")
    edition: Line = Field("", description="For publish; omitted: the first of the day.")


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

    action: model.Action
    document: Line = Field(
        min_length=1,
        description="Id of a report of the story, or of one that the gate refused; for headline: "
        "of the report whose title is the headline.",
    )
    section: Line = Field("", description="For move: the new section.")

    @model_validator(mode="after")
    def _moves_somewhere(self) -> NewChoice:
        if (self.action is model.Action.MOVE) != bool(self.section):
            raise ValueError("section: give one to move a story, and only then")
        return self


def _request(
    name: str,
    doc: str,
    core: type,
    names: str,
    *,
    changes: bool = False,
    **more: Any,  # noqa: ANN401  as for _answer
) -> type[BaseModel]:
    """Return a model of fields of a core type that a client sends; what is left out stays as it is.

    Of one that ``changes`` something, no field has a default.
    """
    declared, hints = {field.name: field for field in fields(core)}, get_type_hints(core)
    parts = dict[str, Any](more)
    for field in names.split():
        about, hint = declared[field].metadata, Line if hints[field] is str else hints[field]
        description = about.get("schema") or about.get("help")
        usual = None if changes else declared[field].default
        parts[field] = (hint | None if changes else hint, Field(usual, description=description))
    return create_model(name, __base__=RequestModel, __doc__=doc, **parts)


_WISHES = " ".join(field.name for field in fields(model.Preferences))
Wishes = _request(
    *("Wishes", "Preferences that are chosen; those left out are the usual ones, or stay."),
    *(model.Preferences, _WISHES),
    changes=True,
)
#: What agreements are made in is read by the use case: it says what is wrong with each part.
NewSubscriber = _request(
    *("NewSubscriber", "Somebody who has agreed.", model.Subscriber, "name"),
    address=(Line, Field(min_length=1)),
    consent=(Line, Field(description="How they agreed, for the consent log.")),
    since=(Line, Field("", description="Since when, such as 2026-05-03; empty: today.")),
    preferences=(Wishes, Field(default_factory=Wishes)),
)
_EDITED = "name owner language text weight grade genre"
_URL = Annotated[str, StringConstraints(max_length=2_048, pattern=r"^https?://[^\s\x00-\x1f]+$")]
NewSource = _request(
    *("NewSource", "A source that is added.", model.Source, _EDITED),
    url=(_URL, Field(description="Address of a feed or a page.")),
    kind=(Literal["feed", "pages", "page"], Field("feed", description="How it is read.")),
)
SourceChange = _request(
    *("SourceChange", "What is changed of a source.", model.Source, _EDITED),
    changes=True,
    url=(_URL, Field(description="Address of the source, with its query.")),
)
OfSource = create_model("OfSource", __base__=RequestModel, __doc__="Which source.", url=(_URL, ...))


class Problem(ResponseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    wrong: tuple[Mapping[str, str], ...]


def _answer(
    name: str,
    doc: str,
    core: tuple[type, ...] = (),
    names: str = "",
    **more: Any,  # noqa: ANN401  a type, [MODEL] for some of it, or what pydantic takes
) -> type[BaseModel]:
    """Return a model with fields of core types, described as they are declared, and some more."""
    declared = {field.name: field for each in core for field in fields(each)}
    hints = {name: hint for each in core for name, hint in get_type_hints(each).items()}
    parts = dict[str, Any]()
    for field in dict.fromkeys([*(names.split() or declared), *more]):
        if (part := more.get(field)) is None:
            part = (hints[field], Field(description=declared[field].metadata.get("schema")))
        elif isinstance(part, list):
            part = list.__class_getitem__(part[0])
        parts[field] = part if isinstance(part, tuple) else (part, ...)
    return create_model(name, __base__=ResponseModel, __doc__=doc, **parts)


EditionLine = _answer("EditionLine", "One edition in a list.", day=date, number=int, edition=str)
Editions = _answer("Editions", "Editions, the newest first.", total=int, editions=[EditionLine])


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


WithdrawalLine = _answer(
    *("WithdrawalLine", "A withdrawn edition.", (Withdrawal,), "edition day at who reason"),
    canceled=(int, Field(description="Deliveries that were canceled.")),
    notices=(int, Field(description="Number of readers to be notified.")),
)
HitLine = _answer(
    *("HitLine", "A brief that matches.", (Hit,)),
    "edition day number section status headline sentence kind beside publishers",
    status=model.Status,
)
Hits = _answer("Hits", "Matching briefs, newest first.", total=int, hits=[HitLine])
RunLine = _answer(
    *("RunLine", "One run of a step.", (model.Run,)),
    "id step day began ended ending late words figures",
)
Runs = _answer("Runs", "Runs, newest first.", runs=[RunLine])
Ordered = _answer("Ordered", "A requested run; it starts in a moment.", (model.Run,), "step day")
SourceLine = _answer(
    *("SourceLine", "A source and its status.", (model.Source, model.SourceStatus)),
    "url kind name added visited answered failing_since failures reason fresh_at newest",
    url=(str, Field(description="Without its query, which may hold a key.")),
)
Sources = _answer("Sources", "All sources.", sources=[SourceLine])
WishesLine = _answer("WishesLine", "Preferences of a subscriber.", (model.Preferences,))
SubscriberLine = _answer(
    *("SubscriberLine", "A subscriber.", (model.Subscriber,), "id address name state since reason"),
    preferences=WishesLine,
)
Subscribers = _answer(
    *("Subscribers", "Subscribers, oldest first."), total=int, subscribers=[SubscriberLine]
)
SourceRemoved = _answer("SourceRemoved", "A removed source.", url=str)
Removed = _answer("Removed", "A removed subscriber.", id=int)
DeliveryCounts = _answer(
    *("DeliveryCounts", "Deliveries of an edition by status.", (model.Audience,)),
    "edition day total counts",
    total=int,
    counts=Mapping[model.DeliveryStatus, int],
)
DeliveryLine = _answer(
    *("DeliveryLine", "One edition to one subscriber.", (model.Delivery,)),
    "id subscriber address due fate tries reason done",
    # The name under which programs know the status.
    fate=(model.DeliveryStatus, Field(validation_alias=AliasChoices("status", "fate"))),
)
Deliveries = _answer(
    *("Deliveries", "Deliveries of an edition, oldest first."),
    edition=str,
    total=int,
    deliveries=[DeliveryLine],
)
ChoiceLine = _answer(
    *("ChoiceLine", "A choice on an edition.", (model.Choice,)),
    "id day action document url headline section who at",
)
Choices = _answer("Choices", "The active choices.", day=date, choices=[ChoiceLine])
