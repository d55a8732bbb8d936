"""What a user installs: the wheel, away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)  # noqa: S603  our own words
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_with_its_theme_and_nothing_beside(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {"briefing/templates/classic/page.html", "briefing/docs/editors.md"} <= {*names}
    assert {name.partition("/")[0] for name in names} == {"briefing", "briefing-0.2.0.dist-info"}


def test_a_page_is_made_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        "import sys, briefing; from briefing.cli import run; print(briefing.__file__); "
        "sys.exit(run(['make', sys.argv[1], '-o', 'page.pdf']))"
    )
    made = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", code, str(ROOT / "examples" / "2026-03-12")],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith(str(site))
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
