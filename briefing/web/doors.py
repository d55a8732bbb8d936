"""Decides, for all pages, who may see those of a closed briefing."""

import re
from collections.abc import Callable, Sequence

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from briefing.app import access, keys, readers
from briefing.core.model import Device
from briefing.mail.tokens import LinkToken, Purpose, make, read
from briefing.press.wording import _
from briefing.store import subscribers
from briefing.web.context import LiveSite
from briefing.web.guard import set_cookie
from briefing.web.request import SitePage, WebRequest, endpoint

#: What a reader's key in the address gives access to: feeds, and the files that they enclose.
_FEEDS = re.compile(
    r"(?a)/(?:feed|podcast|diary\.ics|saga/[^/]+/feed"
    r"|(?:edition/[^/]+/)?\d{4}-\d\d-\d\d\.(?:pdf|mp3))"
)
_LET_IN = Response()
#: The cookie of a reader's device.
_KIND = "reader"


class Doors:
    """Admits readers to the pages of a closed briefing; all others get the same response.

    It runs before anything is looked up, so that neither response nor timing reveals anything.
    """

    def __init__(
        self,
        app: ASGIApp,
        site: LiveSite,
        pages: Sequence[SitePage],
        is_open: Callable[[SitePage], bool],
    ) -> None:
        """Wrap an application; ``pages`` are in matching order."""
        self._app, self._site, self._check = app, site, endpoint(site, _check, None)
        self._doors = [(compile_path(page.path)[0], is_open(page)) for page in pages]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        path = scope.get("path", "")
        is_open = next((is_open for door, is_open in self._doors if door.match(path)), False)
        is_open |= not self._site(scope.get("language", "")).context.closed
        if scope["type"] != "http" or is_open:
            await self._app(scope, receive, send)
            return

        async def private(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Cache-Control"] = "private, no-store"
            await send(message)

        answer = await self._check(Request(scope, receive))
        await (self._app if answer is _LET_IN else answer)(scope, receive, private)


def _check(request: WebRequest) -> Response:
    context, site = request.context, request.site
    session = request.cookie()
    if access.use_session(context.store, session, at=request.at) or _is_reader(request):
        return _LET_IN
    if context.settings.web.readers == "nobody" or not context.signs_up:
        lede = _("Only those who make it can open its pages.")
        return site.message_page(_("This briefing is not public"), lede, status=403)
    return site.page("link", status=403, written="", wrong=(), closed=True)


def _is_reader(request: WebRequest) -> bool:
    """Return whether a request is a reader's, by the device's cookie or a feed's key."""
    context = request.context
    if context.settings.web.readers == "nobody":
        return False
    brought = [(Purpose.READ, request.cookie(_KIND))]
    if _FEEDS.fullmatch(request.address.partition("?")[0]):
        brought.append((Purpose.FEED, request.query.get("key", "")))
    for purpose, text in brought:
        secrets, of = context.secrets, context.briefing
        token = read(purpose, token=text, secrets=secrets, at=request.at, of=of)
        if isinstance(token, LinkToken):
            subscription = readers.look(context.store, token)
            if readers.decide_read(token, subscription) is readers.TokenResult.GOOD:
                is_key = purpose is Purpose.FEED
                return is_key or keys.is_known_device(context.store, text, at=request.at)
    return False


def key_of(request: WebRequest, subscription: readers.Subscription, purpose: Purpose) -> str:
    """Return the token of a device, or of feeds, which is valid until all sessions are ended."""
    assert subscription.subscriber  # noqa: S101  the caller has looked
    context, at = request.context, request.at
    if purpose is Purpose.FEED:
        after = subscription.signed_out
        at = after + readers.TICK if after else subscription.confirmed or at
    return make(
        purpose,
        subscriber=subscription.subscriber.id,
        epoch=subscription.epoch,
        secrets=context.secrets,
        at=at,
        of=context.briefing,
    )


def remember(answer: Response, request: WebRequest, subscription: readers.Subscription) -> Response:
    """Admit the reader's device from now on, if only readers may see the pages."""
    web, life = request.context.web, Purpose.READ.life
    if request.context.settings.web.readers == "subscribers" and life:
        value = key_of(request, subscription, Purpose.READ)
        assert subscription.subscriber  # noqa: S101  as key_of
        name = request.headers.get("user-agent", "")
        before = request.cookie(_KIND)
        device = Device(subscription.subscriber.id, name, request.at)
        request.context.store.apply(keys.keep_device, value, device, before=before)
        set_cookie(answer, value, web=web, kind=_KIND, life=life)
    return answer


def devices_of(request: WebRequest, number: int) -> list[tuple[str, Device, bool]]:
    """Return a reader's devices: name in lists, device, and whether it is the current one."""
    this = keys.digest_key(request.cookie(_KIND))
    listed = request.look(subscribers.devices, number)
    return [(keys.id_of(key), device, key == this) for key, device in listed]
