"""The command that serves the web pages, and runs the daily round beside them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.app import app, folder_of, settings_of

if TYPE_CHECKING:
    from briefing.rounds import Orders, Round
    from briefing.settings import Settings
    from briefing.web import Desk

Configs = Annotated[
    list[Path] | None,
    typer.Option(
        "--config", help="Settings; else briefing.toml here, if any. Once for each briefing."
    ),
]


def briefings_of(config: list[Path] | None) -> list[tuple[Settings, Path]]:
    """Return the settings of each briefing, and the folder in which they stand.

    Raises:
        UsageError: two of them share a store.
    """
    from briefing import wiring

    told = [(settings_of(one), folder_of(one)) for one in config or (None,)]
    wiring.check_apart(told)
    return told


@contextmanager
def logged(briefings: Sequence[tuple[Settings, Path]]) -> Iterator[None]:
    """Write the log to standard error while a command works, as the first settings say."""
    import logging

    from briefing.wiring.logs import set_up_logs

    root, own = logging.getLogger(), logging.getLogger("briefing")
    before, level = list(root.handlers), own.level
    set_up_logs(briefings[0][0].log.format, stream=sys.stderr)
    try:
        yield
    finally:
        for handler in [one for one in root.handlers if one not in before]:
            root.removeHandler(handler)
        own.setLevel(level)
        logging.captureWarnings(capture=False)


@app.command("serve")
def serve_command(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    no_round: Annotated[bool, typer.Option("--no-round", help="Serve the pages only.")] = False,
    config: Configs = None,
) -> None:
    """Serve the web pages and run the daily round, until it is stopped."""
    from briefing.web import serving, several

    briefings = briefings_of(config)
    # Ctrl-C is how it ends: then the rounds, and after them the stores.
    with logged(briefings), ExitStack() as opened, suppress(KeyboardInterrupt):
        serving.end_on_term()
        listening = opened.enter_context(serving.listen(host, port))
        house = _House(opened, serving.address_of(listening), alone=len(briefings) == 1)
        for settings, folder in briefings:
            house.add(settings, folder, no_round=no_round)
        server = serving.server_of(several.make_apps(house.desks))
        house.begin()
        server.run(sockets=[listening])


class _House:
    """All briefings of one process."""

    def __init__(self, opened: ExitStack, here: str, *, alone: bool) -> None:
        self._opened, self._here, self._alone = opened, here, alone
        self.desks: list[Desk] = []
        self._rounds: list[tuple[Round, Orders]] = []

    def add(self, settings: Settings, folder: Path, *, no_round: bool) -> None:
        """Open what a briefing needs, and say where it is and when its next edition comes."""
        from briefing import wiring
        from briefing.rounds import Orders
        from briefing.web import serving

        store = self._opened.enter_context(closing(wiring.open_the_store(settings, folder=folder)))
        orders = None if no_round else Orders()
        web = self._web(settings)
        desk = serving.desk_of(settings, store, folder=folder, web=web, orders=orders)
        self.desks.append(desk)
        typer.echo(f"{settings.name}: served at {web}; links lead to {desk.web}")
        if desk.office is None:
            typer.echo("briefing: mail.sender is empty: nobody can subscribe", err=True)
        if orders is None:
            return
        one = wiring.round_of(store, settings=settings, folder=folder, orders=orders)
        self._rounds.append((one, orders))
        day, at = wiring.next_edition(settings)
        typer.echo(f"{settings.name}: next edition {day}, at {at:%Y-%m-%d %H:%M} UTC")

    def _web(self, settings: Settings) -> str:
        """Return where the pages are when nobody says otherwise."""
        from briefing.edition import slug
        from briefing.web import several

        return self._here if self._alone else self._here + several.path_of(slug(settings.name))

    def begin(self) -> None:
        """Begin all rounds; at the end all are told before the first is waited for."""
        for one, _ in self._rounds:
            self._opened.enter_context(one)
        for _, orders in self._rounds:
            self._opened.callback(orders.close)
