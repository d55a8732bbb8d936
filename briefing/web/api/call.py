"""An authenticated API request, and its refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from briefing.app.actor import Actor
from briefing.core.errors import InputError, UsageError
from briefing.core.model import ApiToken
from briefing.web.context import WebContext
from briefing.web.dates import read_day
from briefing.web.request import WebRequest
from briefing.web.sentences import sentence

T = TypeVar("T")

#: Digits of a number that every database can hold.
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


class Refused(Exception):  # noqa: N818  a response, not a fault
    """An operation refused with a problem response."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Call:
    """An API request, as operations receive it."""

    request: WebRequest
    #: Parts of the path by name.
    parts: Mapping[str, str]
    #: Validated model of the query.
    question: Any
    body: Any
    token: ApiToken

    @property
    def context(self) -> WebContext:
        """The web context."""
        return self.request.site.context

    @property
    def actor(self) -> Actor:
        """The token as the audit log records it."""
        return self.request.actor(f"token {self.token.name}")

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
                return use_case(tx, *given, **named, actor=self.actor, at=self.request.at)
        except InputError as error:
            raise Refused(missing, sentence(str(error))) from None
        except UsageError as error:
            raise Refused(wrong, sentence(str(error))) from None

    @property
    def day(self) -> date:
        """The day in the path.

        Raises:
            Refused: it is not valid.
        """
        day = read_day(self.parts["day"])
        if day is None:
            raise Refused(404, "Invalid day; write it as 2026-01-04.")
        return day

    @property
    def id(self) -> int:
        """The number in the path.

        Raises:
            Refused: it is not valid.
        """
        if _NUMBER.fullmatch(self.parts["id"]) is None:
            raise Refused(404, "Invalid number.")
        return int(self.parts["id"])
