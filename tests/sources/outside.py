"""An invented world outside: addresses that answer as they are told, read in the real box."""

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from briefing.core.errors import FetchError
from briefing.core.model import Validators
from briefing.core.ports import Answer, Gateway
from briefing.sources.sandbox.pool import shared

T = TypeVar("T")

NOW = datetime(2026, 1, 4, 9, tzinfo=UTC)
SITE = "https://post.example"
REPORT = f"{SITE}/2026/01/04/port-of-northwick-opens-again"
_SENTENCES = (
    "The port of Northwick opened again on {day} after three weeks of repairs to its quay.",
    "Twelve ships waited outside the harbor, and the first of them came in before noon.",
    "Dockworkers had asked for a clause on night shifts, which the final text does not hold.",
    "A second vote is due once the regional court has heard an appeal by the fishing crews.",
    "Officials called the terms fair and said that no foreign troops would be based ashore.",
    "The lease brings in fourteen million a year and leaves the grain terminal untouched.",
    "Insurers had raised their rates for the strait twice since the storm of last autumn.",
    "The ministry of transport will publish the figures of the first quarter in early May.",
    "Grain that had been sent by rail through the mountains is to go by sea once more.",
)
#: A whole report of 130 words.
WHOLE = "\n".join(_SENTENCES).format(day="Monday")
FEED_TYPE = "application/rss+xml"


def page(
    text: str = WHOLE, *, title: str = "Port of Northwick opens again", head: str = ""
) -> Answer:
    paragraphs = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    html = (
        f'<!doctype html><html lang="en-GB"><head><title>{title}</title>{head}</head><body>'
        f"<article><h1>{title}</h1>{paragraphs}</article></body></html>"
    )
    return Answer("", 200, html.encode(), "text/html; charset=utf-8")


def rss(*items: str, title: str = "Harbor Post") -> Answer:
    """Return a feed with some items, written as XML."""
    body = (
        '<?xml version="1.0"?><rss version="2.0"><channel>'
        f"<title>{title}</title><link>{SITE}/</link>{''.join(items)}</channel></rss>"
    )
    return Answer("", 200, body.encode(), FEED_TYPE)


def item(url: str = REPORT, *, title: str = "Port opens", text: str = "", more: str = "") -> str:
    return (
        f"<item><title>{title}</title><link>{url}</link>"
        f"<description>{text}</description>{more}</item>"
    )


class Outside:
    """Answers from a list of addresses and remembers what was asked."""

    def __init__(self, answers: Mapping[str, Answer | FetchError]) -> None:
        self._answers = answers
        self.asked: list[tuple[str, Validators]] = []

    @property
    def gateway(self) -> Gateway:
        return Gateway(self._fetch, shared())

    async def _fetch(self, url: str, *, validators: Validators = Validators()) -> Answer:
        self.asked.append((url, validators))
        answer = self._answers.get(url, FetchError("the server answers 404", status=404))
        if isinstance(answer, FetchError):
            raise answer
        address = answer.url or url
        return Answer(
            address, answer.status, answer.body, answer.content_type, moved_to=answer.moved_to
        )


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
