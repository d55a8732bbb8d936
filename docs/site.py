"""What the site takes from outside this folder: the pages at the root, whose links it rewrites."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from properdocs.structure.files import File

if TYPE_CHECKING:
    from properdocs.config.defaults import ProperDocsConfig
    from properdocs.structure.files import Files
    from properdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
#: Pages of the site that lie elsewhere in the repository.
PAGES = {
    "readme.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
    "changelog.md": "CHANGELOG.md",
    "examples/README.md": "examples/README.md",
    "examples/weeks/README.md": "examples/weeks/README.md",
    "license.txt": "LICENSE",
}
_LINK = re.compile(r"(?<=\]\()(?!https?:|#)([^)#\s]+)")
#: A block that names the file it stands for, which Markdown of the site does not know.
_NAMED_BLOCK = re.compile(r"^```(\w+) ([\w./-]+)$", re.MULTILINE)


def on_files(files: Files, config: ProperDocsConfig) -> None:
    """Add the pages from outside."""
    for name, path in PAGES.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Return a page with the links and blocks as the site needs them."""
    at = PurePosixPath(page.file.src_uri)
    source = PurePosixPath(PAGES.get(str(at), f"docs/{at}"))
    markdown = _NAMED_BLOCK.sub(r"`\2`\n\n```\1", markdown)
    return _LINK.sub(lambda link: _in_site(link[1], source=source, at=at), markdown)


def _in_site(link: str, *, source: PurePosixPath, at: PurePosixPath) -> str:
    """Return the link of a page on the site to what it names in the repository."""
    target = (ROOT / source.parent / link).resolve().relative_to(ROOT).as_posix()
    names = {path: name for name, path in PAGES.items()}
    return "../" * (len(at.parts) - 1) + names.get(target, target.removeprefix("docs/"))
