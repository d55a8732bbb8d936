"""The table of API operations."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel
from starlette.responses import Response

from briefing.web.api import reading, schemas, steering
from briefing.web.api.call import Call

Handler = Callable[[Call], BaseModel | Response]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    #: Below the root of the API; "{name}" is a parameter.
    path: str
    handler: Handler
    #: The response: a model in JSON, or the media type of a file.
    answer: type[BaseModel] | str
    #: Required right: "read" or "steer".
    right: str = "read"
    question: type[BaseModel] = schemas.Nothing
    #: Model of the body; None if there is none.
    body: type[BaseModel] | None = None
    #: Whether the body may be omitted.
    optional: bool = False
    #: HTTP status of success.
    status: int = 200
    #: Statuses of its problems, besides the common ones.
    problems: tuple[int, ...] = ()

    @property
    def summary(self) -> str:
        """One-sentence summary."""
        return (self.handler.__doc__ or "").partition("\n")[0]

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts of its path."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    def match(self, path: str) -> dict[str, str] | None:
        """Return the parts of a path of this operation; None for another path."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        match = re.fullmatch(pattern, path)
        return None if match is None else match.groupdict()


OPERATIONS = (
    Operation(
        "GET", "/editions", reading.listed_editions, schemas.Editions, question=schemas.Paging
    ),
    Operation(
        "GET", "/editions/{day}", reading.edition, schemas.EditionRecord, problems=(404, 410)
    ),
    Operation("GET", "/editions/{day}/pdf", reading.pdf, "application/pdf", problems=(404, 410)),
    Operation(
        "POST",
        "/editions/{day}/withdraw",
        steering.withdraw_edition,
        schemas.WithdrawalLine,
        right="steer",
        body=schemas.NewWithdrawal,
        optional=True,
        problems=(404, 409),
    ),
    Operation("GET", "/search", reading.search, schemas.Hits, question=schemas.SearchQuestion),
    Operation("GET", "/round", reading.rounds, schemas.Runs, question=schemas.RunsQuestion),
    Operation(
        "POST",
        "/round/{step}",
        steering.order,
        schemas.Ordered,
        right="steer",
        body=schemas.Order,
        optional=True,
        status=202,
        problems=(404, 503),
    ),
    Operation("GET", "/sources", reading.sources, schemas.Sources),
    Operation(
        "GET",
        "/subscribers",
        reading.listed_subscribers,
        schemas.Subscribers,
        right="steer",
        question=schemas.SubscribersQuestion,
    ),
    Operation(
        "GET",
        "/subscribers/{id}",
        reading.subscriber,
        schemas.SubscriberLine,
        right="steer",
        problems=(404,),
    ),
    *(
        Operation(
            "POST",
            f"/subscribers/{{id}}/{verb}",
            handler,
            answer,
            right="steer",
            problems=(404, 409),
        )
        for verb, handler, answer in (
            ("pause", steering.pause, schemas.SubscriberLine),
            ("resume", steering.resume, schemas.SubscriberLine),
            ("remove", steering.remove, schemas.Removed),
        )
    ),
    Operation(
        "GET",
        "/deliveries/{day}",
        reading.delivery_counts,
        schemas.DeliveryCounts,
        problems=(404,),
    ),
    Operation(
        "GET",
        "/deliveries/{day}/each",
        reading.listed_deliveries,
        schemas.Deliveries,
        right="steer",
        question=schemas.DeliveriesQuestion,
        problems=(404,),
    ),
    Operation("GET", "/choices/{day}", reading.standing_choices, schemas.Choices, problems=(404,)),
    Operation(
        "POST",
        "/choices/{day}",
        steering.choose,
        schemas.ChoiceLine,
        right="steer",
        body=schemas.NewChoice,
        status=201,
        problems=(404, 409),
    ),
    Operation(
        "DELETE",
        "/choices/{day}/{id}",
        steering.undo,
        schemas.ChoiceLine,
        right="steer",
        problems=(404, 409),
    ),
)
