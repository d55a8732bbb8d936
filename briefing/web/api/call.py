"""One request of a program whose token was looked at, and what may be refused of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from briefing.app.actor import Actor
from briefing.core.errors import InputError, UsageError
from briefing.core.model import ApiToken
from briefing.web.context import WebContext
from briefing.web.dates import read_day
from briefing.web.request import WebRequest

#: Digits of a number that every database can hold.
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


class Refused(Exception):  # noqa: N818  what a program is told, no fault
    """An answer that is a problem."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@contextmanager
def refused(*, missing: int = 404, wrong: int = 409) -> Iterator[None]:
    """Answer with a problem what a use case refuses, by whether something is not there.

    Raises:
        Refused: it has refused.
    """
    try:
        yield
    except InputError as error:
        raise Refused(missing, sentence(error)) from None
    except UsageError as error:
        raise Refused(wrong, sentence(error)) from None


def sentence(error: Exception) -> str:
    """Return the message of an error as a sentence."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


@dataclass(frozen=True, slots=True)
class Call:
    """What an operation is given."""

    request: WebRequest
    #: Parts of the path by name.
    parts: Mapping[str, str]
    #: The model of the operation, filled and checked.
    question: Any
    body: Any
    token: ApiToken

    @property
    def context(self) -> WebContext:
        """What the answers are made with."""
        return self.request.site.context

    @property
    def actor(self) -> Actor:
        """Who acts, for the logs."""
        return self.request.actor(f"token {self.token.name}")

    @property
    def day(self) -> date:
        """The day in the path.

        Raises:
            Refused: it is none.
        """
        day = read_day(self.parts["day"])
        if day is None:
            raise Refused(404, "There is no such day; write it as 2026-01-04.")
        return day

    @property
    def id(self) -> int:
        """The number in the path.

        Raises:
            Refused: it is none.
        """
        if _NUMBER.fullmatch(self.parts["id"]) is None:
            raise Refused(404, "There is no such number.")
        return int(self.parts["id"])
