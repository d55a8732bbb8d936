from __future__ import annotations

from pathlib import Path

import pytest

from briefing.core.errors import UnknownNameError
from briefing.setup import registry

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
    assert all(registry.providers(kind)[name] == "briefing" for name in known)


def test_names_are_sorted() -> None:
    for kind in registry.KINDS:
        assert list(registry.names(kind)) == sorted(registry.names(kind))
        assert tuple(registry.providers(kind)) == registry.names(kind)


def test_what_stands_behind_a_name_is_loaded() -> None:
    lead = registry.load("ranker", "lead")
    assert callable(lead)
    assert lead.__module__ == "briefing.core.text.rankers.lead"


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


def test_a_name_of_another_kind_is_unknown() -> None:
    with pytest.raises(UnknownNameError, match="unknown theme 'lead'; known: "):
        registry.load("theme", "lead")
