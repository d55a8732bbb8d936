import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: What a browser loads by itself: scripts, images, frames, style sheets, fonts.
LOADED = re.compile(r"""<(?:script|img|iframe|link)\b[^>]*?(?:src|href)=["'](?:https?:)?//|"""
                    r"""@import|url\(["']?(?:https?:)?//""")  # fmt: skip

pytestmark = pytest.mark.skipif(
    find_spec("properdocs") is None, reason="./run docs installs what builds the site"
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with all that the site is made of."""
    for name in ("docs", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for file in (*ROOT.glob("*.md"), ROOT / "LICENSE", ROOT / "properdocs.yml"):
        shutil.copy(file, tmp_path)
    return tmp_path


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "properdocs", "build"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  our own words


def test_the_site_is_built_and_loads_nothing_from_another_host(copy: Path) -> None:
    ended = build(copy)
    assert ended.returncode == 0, ended.stderr
    site = copy / "out" / "site"
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} <= {
        path.stem for path in site.glob("*.html")
    }
    for file in (*site.rglob("*.html"), *site.rglob("*.css")):
        shown = LOADED.search(file.read_text(encoding="utf-8"))
        assert shown is None, f"{file.name}: {shown}"


@pytest.mark.parametrize("link", ["none.md", "../NONE.md", "settings.md#none", "../../etc/passwd"])
def test_a_broken_link_fails_the_build(copy: Path, link: str) -> None:
    with (copy / "docs" / "install.md").open("a", encoding="utf-8") as page:
        page.write(f"\n[broken]({link})\n")
    assert build(copy).returncode != 0


def test_a_page_that_no_menu_names_fails_the_build(copy: Path) -> None:
    (copy / "docs" / "forgotten.md").write_text("# Forgotten\n")
    assert build(copy).returncode != 0
