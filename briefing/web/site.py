"""A page from its template, and the pages of what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from jinja2 import Environment
from starlette.background import BackgroundTask
from starlette.responses import HTMLResponse, Response

from briefing.press.html import environment
from briefing.web.admission import Admission
from briefing.web.context import WebContext

#: Title and sentence by status.
_ERRORS: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        400: ("This form cannot be read", "Nothing has changed. Open the page again and send it."),
        403: (
            "Sent from another page",
            "This form was not sent from our page. Nothing has changed. Open the page and send it.",
        ),
        404: ("No such page", "There is nothing at this address. It may have been cut short."),
        405: ("Not done here", "This address can be opened, but nothing can be sent to it."),
        408: ("The form came too slowly", "Nothing has changed. Send it once more."),
        410: ("This page was withdrawn", "It is kept, but not shown any more."),
        413: ("Too much at once", "The form holds more than its fields can. Nothing has changed."),
        429: (
            "Asked too often",
            "Too many mails were asked for. Nothing has changed. Try again in an hour.",
        ),
        500: ("This page failed", "Nothing has changed that is not shown."),
        503: ("Not open yet", "Nobody can subscribe here yet: it is not set up who sends."),
    }
)
#: Where to go from there, as path and label, by status; else to the last page.
_WAYS: Mapping[int, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        404: (("/archive", "Archive"), ("/", "Last page")),
        410: (("/archive", "Archive"), ("/", "Last page")),
        500: (("/last.pdf", "Last page as PDF"), ("/", "Last page")),
    }
)
_USUAL = (("/", "Last page"), ("/subscribe", "Subscribe"))
#: An hour: that long the limits look back.
_RETRY = "3600"


@dataclass(frozen=True, slots=True)
class TokenButton:
    """A button that sends a token."""

    #: Path of the page.
    path: str
    token: str
    #: What is to be done, as the page knows it.
    do: str
    label: str
    #: Whether it is the one ink block of its page.
    primary: bool = True


@dataclass(frozen=True, slots=True)
class Site:
    """A desk with its templates."""

    context: WebContext
    templates: Environment
    admission: Admission

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] = MappingProxyType({}),
        **about: object,
    ) -> Response:
        """Return a page.

        Args:
            template: its file under ``web/``, without the ending.
            status: HTTP status, as the words say.
            headers: more of them.
            about: what the template names.
        """
        variables = {"desk": self.context, "base": self.context.base, "current": "", **about}
        text = self.templates.get_template(f"web/{template}.html").render(variables)
        return HTMLResponse(text, status, dict(headers))

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
        """Return a page of one sentence; links are path and label."""
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
        """Have the mails that wait sent once an answer has gone, so that its time tells nothing."""
        answer.background = BackgroundTask(self.context.wake)
        return answer

    def error(
        self, status: int, *, number: str = "", headers: Mapping[str, str] = MappingProxyType({})
    ) -> Response:
        """Return the page of what went wrong, with the number under which the log has it."""
        title, lede = _ERRORS.get(status, _ERRORS[400])
        note = f"Number of the failure: {number}, {self.context.clock():%d %B %H:%M} UTC"
        again = {"Retry-After": _RETRY} if status in {429, 503} else {}
        return self.message_page(
            title,
            lede,
            status=status,
            note=note if number else "",
            links=_WAYS.get(status, _USUAL),
            headers={**again, **headers},
        )


def make_site(context: WebContext) -> Site:
    """Return a desk with the templates of its theme."""
    return Site(context, environment(context.theme), Admission())
