"""The bundled documentation; each page of the administration links to its section."""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from starlette.responses import Response

from briefing.web.admin.frame import AdminSession, admin_page, required

#: Folders of the documentation: inside the installed package, or in a checkout.
_FOLDERS = (Path(__file__).parents[2] / "docs", Path(__file__).parents[3] / "docs")
_NAME = re.compile(r"[a-z][a-z-]*\.md", re.ASCII)
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
#: A link to something that is not bundled; only its text is kept.
_AWAY = re.compile(r"\[([^\[\]]*)\]\((?!https?:|#|[a-z-]+\.md[#)])[^)]*\)")

#: Precedes a link to another page.
_OTHER = re.compile(r"\]\((?=[a-z-]+\.md[#)])")


def page(session: AdminSession) -> Response:
    """Show a page of the documentation."""
    title, html = required(_read(session.path["page"], session.context.base))
    return session.page("help", title=title, html=html)


@cache
def _read(name: str, base: str) -> tuple[str, str] | None:
    """Return the title and the HTML of a page; None if it does not exist."""
    paths = [folder / name for folder in _FOLDERS if _NAME.fullmatch(name)]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        return None
    title, _, text = path.read_text(encoding="utf-8").removeprefix("# ").partition("\n")
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    text = _OTHER.sub(f"]({base}/admin/help/", _AWAY.sub(r"\1", _PICTURE.sub("", text)))
    tokens = markdown.parse(text)
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", re.sub(r"[^\w -]", "", content.content.lower()).replace(" ", "-"))
    return title, markdown.renderer.render(tokens, markdown.options, {})


PAGES = (admin_page("/admin/help/{page}", page),)
