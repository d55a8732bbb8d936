"""A desk with two printed days, readers and a round, and programs that ask it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2

from briefing.app.keys import digest_key
from briefing.app.rounds.runs import RunRequests
from briefing.core.model import Action, ApiToken, Choice, Ending, Role, Source, State, Step
from briefing.store import deliveries, drafts, operators, runs, sources
from tests.newsday import TODAY
from tests.publishing import BRIEFING, FIRST, at
from tests.publishing import Desk as Newsroom
from tests.web.served import Served, served

ROOT = "/api/v1"
#: What the tokens of the tests are.
TOKENS = {role: f"briefing_{role}" for role in Role}
#: The day after the last edition.
NEXT = TODAY + timedelta(days=1)
#: A report that is stored.
REPORT = FIRST[0]


@dataclass
class Programs:
    """Programs, one for each role."""

    web: Served

    def ask(
        self,
        method: str,
        path: str,
        *,
        role: Role = Role.ADMINISTRATOR,
        **more: Any,  # noqa: ANN401
    ) -> httpx2.Response:
        """Send a request with a token."""
        headers = {"Authorization": f"Bearer {TOKENS[role]}", **more.pop("headers", {})}
        return self.web.client.request(method, ROOT + path, headers=headers, **more)

    def get(self, path: str, **more: Any) -> httpx2.Response:  # noqa: ANN401
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx2.Response:  # noqa: ANN401
        return self.ask("POST", path, **more)


def fill(web: Served) -> None:
    """Print two days, and let a round have run."""
    newsroom = Newsroom(web.store)
    newsroom.first()
    newsroom.second()
    web.add()
    web.add("b.sund@courier.example", State.PAUSED)
    with web.store.write() as tx:
        for role, text in TOKENS.items():
            operators.keep_token(tx, ApiToken(role, role, web.clock()), digest_key(text))
        sources.add(tx, Source("https://courier.example/feed?key=secret"), at=web.clock())
        run = runs.begin(tx, BRIEFING, Step.COLLECT, at=at(TODAY, 5), day=TODAY)
        runs.end(tx, run, ending=Ending.DONE, at=at(TODAY, 6), figures={"items": 6})
        runs.begin(tx, BRIEFING, Step.PUBLISH, at=at(TODAY, 6))
        told = (Action.PIN, REPORT.id, REPORT.url, REPORT.title, "ada", web.clock())
        drafts.choose(tx, BRIEFING, Choice(0, NEXT, *told))
        deliveries.release(
            tx,
            f"{BRIEFING}/{TODAY}",
            at=at(TODAY, 6),
            life=timedelta(hours=12),
            due=lambda _: at(TODAY, 7),
        )


@contextmanager
def programs(folder: Path) -> Iterator[Programs]:
    """Serve the desk of a folder."""
    with served(folder, name="Ostra Desk", requests=RunRequests()) as web:
        yield Programs(web)
