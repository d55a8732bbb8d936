"""The language of the administration: that which the operator chose, else that of the briefing."""

from starlette.requests import Request
from starlette.responses import Response

from briefing.core.language import LANGUAGES
from briefing.web.admin.frame import local, redirect
from briefing.web.admin.signin import LIFE
from briefing.web.context import WebContext
from briefing.web.forms import first
from briefing.web.guard import cookie_name, set_cookie
from briefing.web.request import ONLY_ACT, SitePage, WebRequest

#: The cookie of the choice, which stays when a session ends.
_KIND = "language"


def language_of(request: Request, context: WebContext) -> str:
    """Return the language in which an operator reads the pages of a briefing."""
    chosen = request.cookies.get(cookie_name(context.web, _KIND), "")
    return chosen if chosen in LANGUAGES else context.usual.language


def choose(request: WebRequest) -> Response:
    """Keep the language that was chosen in this browser, and go back to where that was."""
    answer = redirect(request, local(first(request.fields, "to")))
    chosen = first(request.fields, "language")
    if chosen in LANGUAGES:
        set_cookie(answer, chosen, web=request.context.web, kind=_KIND, life=LIFE)
    return answer


PAGES = (SitePage("/admin/language", choose, ONLY_ACT),)
