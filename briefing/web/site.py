"""Rendering of pages from templates, including error pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from jinja2 import Environment
from starlette.background import BackgroundTask
from starlette.responses import HTMLResponse, Response

from briefing.core.model import Edition
from briefing.press.html import environment
from briefing.web.admission import Admission
from briefing.web.context import WebContext

#: Title and sentence by status.
_ERRORS: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        400: (
            "This form could not be read",
            "Nothing has changed. Open the page again and resubmit.",
        ),
        403: (
            "Form not accepted",
            "This form was sent from another site. Nothing has changed. Submit it from our page.",
        ),
        404: ("Page not found", "There is no page at this address. The link may be incomplete."),
        405: ("Method not allowed", "This page does not accept forms."),
        408: ("The form arrived too slowly", "Nothing has changed. Send it again."),
        410: ("This page was withdrawn", "It is kept on record but no longer shown."),
        413: ("Form too large", "The form exceeds the size limit. Nothing has changed."),
        429: (
            "Too many requests",
            "Too many mails were requested. Nothing has changed. Try again in an hour.",
        ),
        500: (
            "Something went wrong",
            "This page could not be shown. Reload it to see whether a change was saved.",
        ),
        503: ("Subscriptions are not open", "This briefing does not send mail yet."),
    }
)
#: Links of error pages as path and label, by status.
_WAYS: Mapping[int, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        404: (("/archive", "Archive"), ("/", "Latest page")),
        410: (("/archive", "Archive"), ("/", "Latest page")),
        500: (("/last.pdf", "Latest page as PDF"), ("/", "Latest page")),
    }
)
_USUAL = (("/", "Latest page"), ("/subscribe", "Subscribe"))
#: One hour: the window of the rate limits.
_RETRY = "3600"


@dataclass(frozen=True, slots=True)
class TokenButton:
    """A button that posts a token."""

    #: Path of the page.
    path: str
    token: str
    #: Action of the form.
    do: str
    label: str
    #: Whether it is the primary button of its page.
    primary: bool = True


@dataclass(frozen=True, slots=True)
class Site:
    """A briefing with its templates."""

    context: WebContext
    templates: Environment
    admission: Admission
    #: Gives the other briefings of this server.
    beside: Callable[[], Sequence[WebContext]] = tuple

    @property
    def others(self) -> tuple[WebContext, ...]:
        """The other briefings of this server, as they are now."""
        return tuple(one.renew() if one.renew else one for one in self.beside())

    def marking_of(self, edition: Edition) -> str:
        """Return the marking of the pages of an edition: its own, else that of all pages."""
        return edition.letterhead.marking or self.context.letterhead.marking

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] = MappingProxyType({}),
        **about: object,
    ) -> Response:
        """Return a page.

        ``template`` is its file under ``web/``, without the ending.
        """
        return HTMLResponse(self.render(template, **about), status, dict(headers))

    def render(self, template: str, **about: object) -> str:
        """Return the HTML of a page."""
        context = self.context
        variables = {
            "context": context,
            "base": context.base,
            "marking": context.letterhead.marking,
            "current": "",
            **about,
        }
        return self.templates.get_template(f"web/{template}.html").render(variables)

    def message_page(  # noqa: PLR0913  one parameter a part of the page
        self,
        title: str,
        lede: str,
        *,
        status: int = 200,
        note: str = "",
        action: TokenButton | None = None,
        links: tuple[tuple[str, str], ...] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:
        """Return a page with a short message; links are path and label."""
        return self.page(
            "notice",
            status=status,
            headers=headers,
            title=title,
            lede=lede,
            note=note,
            action=action,
            links=links,
        )

    def send_mail_after(self, answer: Response) -> Response:
        """Wake the mail sender after the response, so that response time reveals nothing."""
        answer.background = BackgroundTask(self.context.wake)
        return answer

    def error(
        self, status: int, *, number: str = "", headers: Mapping[str, str] = MappingProxyType({})
    ) -> Response:
        """Return the error page of a status, with the number of the log entry."""
        title, lede = _ERRORS.get(status, _ERRORS[400])
        note = f"Error number: {number}, {self.context.clock():%d %B %H:%M} UTC"
        again = {"Retry-After": _RETRY} if status in {429, 503} else {}
        return self.message_page(
            title,
            lede,
            status=status,
            note=note if number else "",
            links=_WAYS.get(status, _USUAL),
            headers={**again, **headers},
        )


def make_site(context: WebContext, beside: Callable[[], Sequence[WebContext]] = tuple) -> Site:
    """Return a briefing with the templates of its theme, and those beside it on its server."""
    return Site(context, environment(context.theme), Admission(), beside=beside)


class LiveSite:
    """Gives a briefing with the templates of its theme, again when its settings change."""

    def __init__(
        self, context: WebContext, beside: Callable[[], Sequence[WebContext]] = tuple
    ) -> None:
        self._renew = context.renew
        self._site = make_site(context, beside)

    def __call__(self) -> Site:
        """Return it as it is now."""
        site = self._site
        context = self._renew() if self._renew else site.context
        if context is not site.context:
            site = self._site = replace(make_site(context, site.beside), admission=site.admission)
        return site
