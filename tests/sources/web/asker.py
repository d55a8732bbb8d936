"""Asks a server of the tests through the real client."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from briefing.core.model import Validators
from briefing.core.ports import Answer
from briefing.sources.web.address import make_rules
from briefing.sources.web.client import Asking, Resolve, Web
from tests.listener import Listener
from tests.newsserver import NewsServer

T = TypeVar("T")

#: What time it is in the tests.
NOW = datetime(2026, 1, 4, 6, 30, tzinfo=UTC)
AGENT = "briefing/0 (+mailto:desk@news.example)"


def asking(
    news: NewsServer | Listener, *, allow: Sequence[str] = ("127.0.0.1",), **changes: object
) -> Asking:
    rules = make_rules(allow, allow_ports=[news.port])
    return Asking(**{"agent": AGENT, "rules": rules, "deadline": 300.0, **changes})  # type: ignore[arg-type]


def ask(
    how: Asking,
    url: str,
    *,
    validators: Validators = Validators(),
    resolve: Resolve | None = None,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Ask one address with a client of its own."""
    return run(how, lambda web: web(url, validators=validators), resolve=resolve, tls=tls)


def run(
    how: Asking,
    work: Callable[[Web], Awaitable[T]],
    *,
    resolve: Resolve | None = None,
    tls: ssl.SSLContext | None = None,
) -> T:
    """Do some work with one client."""

    async def with_client() -> T:
        async with Web(how, clock=lambda: NOW, resolve=resolve, tls=tls) as web:
            return await work(web)

    return asyncio.run(with_client())


class Names:
    """A name server that gives the answers it was told, the last one for ever."""

    def __init__(self, *answers: Sequence[str] | OSError) -> None:
        self._answers = list(answers)
        #: What was looked up.
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, OSError):
            raise answer
        return answer
