"""The page of a source: its stored text with the printed passages marked."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.web.cached import ASK_AGAIN, cacheable
from briefing.web.request import WebRequest
from briefing.web.stored import online_page, page_in, stored_on

#: Source numbers have at most four digits.
_NUMBER = re.compile(r"[1-9]\d{0,3}", re.ASCII)


def source(request: WebRequest) -> Response:
    """Show a stored text by the number of its source on the page of a day.

    Raises:
        HTTPException: there is no such edition, source or text (404).
    """
    stored = stored_on(request)
    number = request.path["number"]
    view = online_page(request, stored)
    text = view.stored.get(int(number)) if _NUMBER.fullmatch(number) else None
    if text is None:
        raise HTTPException(404)
    answer = request.site.page(
        "source",
        page=view.page,
        marking=request.site.marking_of(view.edition),
        text=text,
        here=page_in(request, stored),
    )
    return cacheable(request, answer, keep=ASK_AGAIN)
