"""An edition as an EPUB for e-readers, with the same sentences as the page."""

from briefing.core.language import in_language
from briefing.core.model import Edition
from briefing.press.formats import Rendition, zipped
from briefing.press.html import environment
from briefing.press.lines import xml_text
from briefing.press.parts import parts_of

#: The XHTML documents of the publication, each made from a template.
_DOCUMENTS = (
    "META-INF/container.xml",
    "EPUB/package.opf",
    "EPUB/nav.xhtml",
    "EPUB/page.xhtml",
    "EPUB/style.css",
    "EPUB/cover.svg",
)


@in_language(lambda edition, _: edition.language)
def page_epub(edition: Edition, rendition: Rendition) -> bytes:
    """Return the edition as an .epub file; characters that XML cannot hold become U+FFFD.

    References:
        W3C (2023), EPUB 3.3; W3C (2023), EPUB Accessibility 1.1.
    """
    parts = parts_of(edition, rendition)
    accent = edition.letterhead.accent or rendition.theme.accent
    files = {"mimetype": b"application/epub+zip"}
    for name in _DOCUMENTS:
        template = environment(rendition.theme).get_template(f"epub/{name.partition('/')[2]}")
        text = template.render(
            parts=parts, page=parts.page, day=edition.day.isoformat(), accent=accent
        )
        files[name] = xml_text(f"{text.strip()}\n").encode()
    return zipped(files)
