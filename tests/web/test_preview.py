import os
import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from briefing.core import record
from briefing.core.errors import InputError, UnknownNameError
from briefing.press.theme import large
from briefing.settings import PageSettings, Settings
from briefing.setup.pages import ThemePreview, make_page
from briefing.web.serving import preview_app
from tests.examples import examples

pytestmark = pytest.mark.paper

NEWS = Path(__file__).parents[2] / "examples" / "2026-03-12" / "harmattan-post-benin.txt"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a theme of one's own, beside a report."""
    shutil.copytree(large().folder, tmp_path / "mine")
    shutil.copy(NEWS, tmp_path / "report.txt")
    return tmp_path


def settings_of(folder: Path) -> Settings:
    return Settings(page=PageSettings(theme=str(folder / "mine")))


@pytest.fixture
def client(folder: Path) -> TestClient:
    shown = ThemePreview(
        [str(folder / "report.txt")], settings=settings_of(folder), day=None, previous=()
    )
    return TestClient(preview_app(shown), base_url="http://127.0.0.1")


def test_it_shows_each_sheet(client: TestClient) -> None:
    assert '<img alt="Sheet 1"' in client.get("/").text
    assert client.get("/1.png").content.startswith(b"\x89PNG")
    assert client.get("/2.png").status_code == 404
    assert client.get("/0.png").status_code == 404


def test_a_change_of_the_theme_changes_the_page(client: TestClient, folder: Path) -> None:
    state, picture = client.get("/state").text, client.get("/1.png").content
    assert client.get("/state").text == state
    css = folder / "mine" / "theme.css"
    css.write_text(css.read_text(encoding="utf-8").replace("12pt", "13pt"), encoding="utf-8")
    assert client.get("/state").text != state
    assert client.get("/1.png").content != picture


@examples("file, text, why")
def test_a_mistake_is_one_line_and_goes_when_it_is_mended(
    client: TestClient, folder: Path, file: str, text: str, why: str
) -> None:
    path = folder / "mine" / file
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(text, encoding="utf-8")
    shown = client.get("/").text
    assert why in shown
    assert "<img alt" not in shown
    assert "Traceback" not in shown
    path.unlink() if before is None else path.write_text(before, encoding="utf-8")
    assert "<img alt" in client.get("/").text


def test_an_edition_is_shown_as_it_is_set(folder: Path) -> None:
    usual = Settings()
    done, _ = make_page(
        [str(folder / "report.txt")], settings=usual, day=None, before=(), watch=lambda _: None
    )
    saved = folder / "edition.json"
    saved.write_text(record.write(done.edition), encoding="utf-8")
    shown = ThemePreview([str(saved)], settings=usual, day=None, previous=())
    assert len(shown.page().pictures) == 1
    assert shown.page().error == ""


@pytest.mark.parametrize("wrong", [PageSettings(theme="baroque"), PageSettings(paper="A9")])
def test_an_unknown_theme_or_paper_ends_it_at_once(folder: Path, wrong: PageSettings) -> None:
    lost = Settings(page=wrong)
    with pytest.raises(UnknownNameError, match="known: "):
        ThemePreview([str(folder / "report.txt")], settings=lost, day=None, previous=())


def test_inputs_that_cannot_be_read_end_it_at_once(folder: Path) -> None:
    with pytest.raises(InputError):
        ThemePreview([str(folder / "none.txt")], settings=Settings(), day=None, previous=())


def test_another_host_gets_nothing(client: TestClient) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("looks", [0, 1])
def test_a_file_that_is_gone_while_it_is_looked_at_counts_as_not_there(
    client: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    before = client.get("/state").text
    swap, stat, left = folder / "mine" / ".theme.css.swp", Path.stat, [looks]
    swap.write_text("an editor saves", encoding="utf-8")

    def vanishing(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path == swap and not left:
            swap.unlink(missing_ok=True)
        elif path == swap:
            left.pop()
        return stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", vanishing)
    assert client.get("/state").status_code == 200
    assert client.get("/state").text == before
