"""What a command loads: nothing heavy that it does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.store.ready import ready_store

_LOADED = """
import sys
from briefing.cli import run
code = run(sys.argv[1:])
packages = {name.partition(".")[0] for name in sys.modules}
print(*sorted(packages | {"scipy.special", "sumy.utils"} & {*sys.modules}))
sys.exit(code)
"""
_REPORT = (
    "The council of the harbor town met on Monday and agreed on a new pier for the fishing fleet. "
    "The mayor said that the work would begin in spring and end before the autumn storms. "
    "The trade ministry promised two million crowns for the pier if the town pays the rest. "
    "They have paid for the lighthouse and the slipway, which were finished from this fund."
)


def loaded(folder: Path, *words: str) -> set[str]:
    command = [sys.executable, "-c", _LOADED, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603  ourselves
    return set(done.stdout.splitlines()[-1].split())


def test_a_command_on_the_store_loads_no_text_and_no_press(tmp_path: Path) -> None:
    # A first command would make the store, and with it load what makes tables.
    ready_store("briefing.db", folder=tmp_path).close()

    (tmp_path / "briefing.toml").touch()
    found = loaded(tmp_path, "operators", "list")

    assert {"sqlalchemy", "typer"} <= found
    heavy = {
        "alembic",
        "httpx2",
        "lxml",
        "nltk",
        "numpy",
        "rich",
        "scipy",
        "starlette",
        "weasyprint",
    }
    assert found & heavy == set()


def test_a_page_of_a_file_loads_no_store_no_web_and_no_ranker_of_sumy(tmp_path: Path) -> None:
    (tmp_path / "pier.txt").write_text(_REPORT, encoding="utf-8")

    found = loaded(tmp_path, "make", "pier.txt", "-o", "page.pdf")

    assert {"Stemmer", "numpy", "weasyprint"} <= found
    heavy = {"httpx2", "nltk", "py3langid", "rich", "sqlalchemy", "starlette", "trafilatura"}
    heavy |= {"scipy.special", "sumy.utils"}
    assert found & heavy == set()
