"""Builds the web context and the server from settings; the preview of a theme."""

import logging
import resource
import signal
import socket
from asyncio import Protocol
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from briefing.app.deliver.administration import NOT_SENT
from briefing.app.publish import draft_week
from briefing.core.errors import InputError, UsageError
from briefing.core.model import WEEK
from briefing.core.schedule import zones
from briefing.mail.relay import ResultKind
from briefing.settings import Live, Renewed, Settings
from briefing.setup.clock import now
from briefing.setup.drafts import CachedDrafts
from briefing.setup.identity_provider import OidcProvider
from briefing.setup.mailing import edition_on, release_plan, send_test, send_trial
from briefing.setup.news import SourceTrials, publish_plan
from briefing.setup.pages import ThemePreview
from briefing.setup.parts import hears_others, letterhead, public_key_file, theme
from briefing.setup.post import post_of, secrets_of
from briefing.setup.section_trainer import SectionTrainer
from briefing.setup.settings_editor import SettingsEditor, TableEditor
from briefing.store import Store
from briefing.web.context import WebContext
from briefing.web.guard import ClientConnection, ConnectionLimits, Connections, WatchedServer

_USUAL = ConnectionLimits()
#: Seconds for running requests, and a mail being sent, to finish.
_GRACE = 10


def context_of(
    settings: Settings,
    store: Store,
    *,
    web: str,
    editor: SettingsEditor | None = None,
    **more: Any,  # noqa: ANN401  fields of the context
) -> WebContext:
    """Return the web context of a briefing; ``more`` are further fields.

    ``web`` is the base address of links if the settings give none.

    Raises:
        SettingsError: the sender, the relay, the secrets or the logo cannot be used as configured.
    """
    post = post_of(settings) if settings.mail.sender else None
    return WebContext(
        store=store,
        settings=settings,
        section_trainer=SectionTrainer(TableEditor(editor)) if editor else None,
        web=settings.web.address or web,
        theme=theme(settings),
        secrets=post.secrets if post else secrets_of(settings),
        clock=now,
        sender=post.sender if post else None,
        # The briefing's zone may be an old name that is not offered otherwise.
        zones=tuple(dict.fromkeys((*zones(), settings.schedule.zone))),
        letterhead=letterhead(settings),
        keys=public_key_file(settings),
        hears_others=hears_others(settings),
        review=lambda day: draft_week(store, publish_plan(settings, edition=WEEK), day=day).pdf,
        drafts={
            name: CachedDrafts(store, settings, name)
            for name in ("", *(own.name for own in settings.edition))
        },
        trials=SourceTrials(settings),
        send_test=partial(_send_test, store, settings) if post else None,
        release=partial(release_plan, settings),
        editor=editor,
        identity=OidcProvider.of(settings),
        **more,
    )


def live_context(live: Live, build: Callable[[Settings], WebContext]) -> WebContext:
    """Return a web context that is rebuilt when the settings in force change."""

    def make(settings: Settings) -> WebContext:
        return replace(build(settings), renew=lambda: renewed())  # noqa: PLW0108  made below

    renewed = Renewed(live, make)
    return renewed()


def _send_test(store: Store, settings: Settings, address: str) -> str:
    try:
        day = edition_on(store, settings=settings, day=None).day
    except InputError:
        # Before the first edition, only the relay can be tested.
        what, result = "Test of the relay", send_trial(address, settings=settings)
    else:
        what, result = send_test(store, address, settings=settings, day=day)
    return f"{what}: sent" if result.kind is ResultKind.SENT else f"{what}{NOT_SENT}{result}"


def end_on_term() -> None:
    """Make SIGTERM, which stops services, act like Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raise UsageError if the address cannot be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{host}:{port}: cannot be used for listening ({reason}); give another --host or --port"
        ) from error


def address_of(listening: socket.socket) -> str:
    """Return the web address of a listening socket; a loopback address if it listens on all."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  shown, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def limits_of(settings: Sequence[Settings]) -> ConnectionLimits:
    """Return the limits of a server: the longest deadlines, and half of the file descriptors."""
    request = max(briefing.web.request_seconds for briefing in settings)
    answer = max(briefing.web.answer_seconds for briefing in settings)
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    total = _USUAL.total
    if files != resource.RLIM_INFINITY:
        total = min(total, max(files // 2, 8))
    return ConnectionLimits(request, answer, min(_USUAL.of_client, total // 4), total)


def server_of(app: ASGIApp, *, limits: ConnectionLimits = _USUAL) -> uvicorn.Server:
    """Return the server of the pages.

    Client and scheme are those of the connection, or of X-Forwarded-For and X-Forwarded-Proto from
    a trusted proxy: on this machine, or at an address in FORWARDED_ALLOW_IPS (environment). The
    access log is our own, without addresses.
    """
    connections = Connections(limits)
    config = uvicorn.Config(
        app,
        # uvicorn calls it like a class.
        http=cast("type[Protocol]", partial(ClientConnection, connections)),
        access_log=False,
        # Its messages go through our logging, without addresses.
        log_config=None,
        server_header=False,
        log_level=logging.WARNING,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=_GRACE,
    )
    return WatchedServer(config, connections=connections)


#: Protects against DNS rebinding by a page of another site.
_HOSTS = ["127.0.0.1", "localhost"]
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Preview</title>
<style>body{{margin:1rem;background:#777;text-align:center}}
img{{width:min(100%,{wide}px);margin:0 .5rem 1rem;background:#fff}}
p{{margin:0;padding:1rem;background:#fff;font:1rem/1.4 monospace;text-align:left}}</style>
{body}
<script>setInterval(async()=>{{try{{if(await(await fetch("/state")).text()!=="{state}")
location.reload()}}catch(e){{}}}},500)</script>"""


def preview_app(preview: ThemePreview) -> Starlette:
    """Return the web application of a preview."""

    def page(_: Request) -> Response:
        state, made = preview.state(), preview.page()
        shown = "".join(
            f'<img alt="Sheet {number}" src="/{number}.png?{state}">'
            for number in range(1, len(made.pictures) + 1)
        )
        body = f"<p>{escape(made.error)}</p>" if made.error else shown
        return HTMLResponse(_PAGE.format(body=body, state=state, wide=1240))

    def picture(request: Request) -> Response:
        pictures, number = preview.page().pictures, request.path_params["number"]
        if not 1 <= number <= len(pictures):
            return PlainTextResponse("no such sheet\n", 404)
        return Response(pictures[number - 1], media_type="image/png")

    def state(_: Request) -> Response:
        return PlainTextResponse(preview.state())

    return Starlette(
        routes=[Route("/", page), Route("/state", state), Route("/{number:int}.png", picture)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)],
    )
