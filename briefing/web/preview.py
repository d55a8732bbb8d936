"""Serves the preview of a theme on this machine: the page, and whether it has changed."""

from __future__ import annotations

from html import escape

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from briefing.setup.preview import ThemePreview

#: A page of another site that names this machine in its own DNS gets nothing.
_HOSTS = ["127.0.0.1", "localhost"]
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Preview</title>
<style>body{{margin:1rem;background:#777;text-align:center}}
img{{width:min(100%,{wide}px);margin:0 .5rem 1rem;background:#fff}}
p{{margin:0;padding:1rem;background:#fff;font:1rem/1.4 monospace;text-align:left}}</style>
{body}
<script>setInterval(async()=>{{try{{if(await(await fetch("/state")).text()!=="{state}")
location.reload()}}catch(e){{}}}},500)</script>"""


def preview_app(preview: ThemePreview) -> Starlette:
    """Return the app of a preview."""

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
        routes=[
            Route("/", page),
            Route("/state", state),
            Route("/{number:int}.png", picture),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)],
    )
