"""A small day, made once for all tests of commands; and a folder without settings to work in."""

import shutil
from pathlib import Path

import pytest

from tests.hashes import light_hashes
from tests.small_day import DAY, made, write_lines

__all__ = ["copied", "day", "elsewhere", "light_hashes", "made"]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder without a briefing.toml."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def day(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "day.jsonl", DAY)


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    """Return a copy of the small day's outputs to tamper with."""
    return Path(shutil.copytree(made, tmp_path / "copied"))
