import json
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import ModelError
from briefing.core.ports import Classifier
from briefing.core.text import words
from briefing.core.text.classifiers import linear
from tests.examples import examples

SECTIONS = ("economy", "other", "security")
COMMITTED = Path(linear.__file__).with_name("sections.model").read_bytes()


def small_model() -> bytes:
    """Return a model that knows two words: "bank" speaks for economy, "rebel" for security."""
    rarity = np.zeros(linear.WIDTH, dtype=np.float32)
    weights = np.zeros((linear.WIDTH, 3), dtype=np.float32)
    for word, section in (("bank", 0), ("rebel", 2)):
        column = linear.counted([word]).indices.min()  # behind words come their pieces
        rarity[column] = 2.0
        weights[column, section] = 3.0
    bias = np.array([0.0, 1.0, 0.0], dtype=np.float32)
    return linear.to_bytes(SECTIONS, rarity=rarity, weights=weights, bias=bias)


@pytest.fixture(scope="module")
def classify() -> linear.Linear:
    return linear.from_bytes(small_model())


@pytest.fixture(scope="module")
def committed() -> linear.Linear:
    return linear.from_bytes(COMMITTED)


def test_the_softmax_of_known_words_is_as_computed_by_hand(classify: linear.Linear) -> None:
    port: Classifier = classify
    assert port.sections == SECTIONS
    # One known n-gram is a row of length 1: scores (3, 1, 0).
    powers = np.exp([3.0, 1.0, 0.0])
    expected = dict(zip(SECTIONS, powers / powers.sum(), strict=True))
    assert classify(["Banks"])[0] == pytest.approx(expected)
    half = 3.0 / np.sqrt(2.0)
    powers = np.exp([half, 1.0, half])
    expected = dict(zip(SECTIONS, powers / powers.sum(), strict=True))
    assert classify(["bank rebels"])[0] == pytest.approx(expected)
    assert classify([]) == ()
    rows = classify(["The bank.", "A rebel."] * 1_500)
    assert rows[0] == rows[2_998] == classify(["The bank."])[0]


def test_capitals_change_nothing_and_strange_characters_are_read(committed: linear.Linear) -> None:
    text = "Central bank raises rates as prices climb"
    assert committed([text]) == committed([text.upper()])
    for text in ["\x00\x01", "\ud800 lone", "😀" * 50, "שלום עולם", "--- !!!", "\u202e abc"]:
        assert sum(committed([text])[0].values()) == pytest.approx(1.0)


@examples("text, section")
def test_the_shipped_model_is_right(committed: linear.Linear, text: str, section: str) -> None:
    row = committed([text])[0]
    assert max(row, key=row.__getitem__) == section


@given(st.lists(st.text(st.characters()), max_size=4))
def test_every_row_sums_to_1(texts: list[str]) -> None:
    rows = linear.from_bytes(small_model())(texts)
    assert [sum(row.values()) for row in rows] == pytest.approx([1.0] * len(texts))


def window(units: Sequence[int]) -> int:
    """Return the number of a window of units, one after the other."""
    rolled = 0
    for length, unit in enumerate(units, 1):
        rolled = (rolled * 0x9E3779B1 + unit + length) % 2**32
    rolled ^= rolled >> 15
    rolled = rolled * 0x85EBCA6B % 2**32
    return rolled ^ rolled >> 13


def n_grams(text: str) -> Iterator[int]:
    """Yield the column of each n-gram of one text, as they are defined."""
    tokens = [token[:40] for token in words.tokens(text[: linear.LIMIT])]
    stems = [f"#{min(len(one), 5)}" if one[0].isdigit() else words.stem(one) for one in tokens]
    units = [zlib.crc32(stem.encode("utf-8", "surrogatepass")) for stem in stems]
    for length in (1, 2):
        for at in range(len(units) - length + 1):
            yield window(units[at : at + length]) % 2**18
    for token in tokens:
        bordered = f" {token} "
        for length in (2, 3, 4, 5):
            for at in range(len(bordered) - length + 1):
                yield 2**18 + window([*map(ord, bordered[at : at + length])]) % 2**19
    for at, mark in enumerate('$€£%?!"“”'):
        if mark in text[: linear.LIMIT]:
            yield linear.BLOCKS[2] + at


@given(
    st.lists(st.text(st.characters() | st.sampled_from(list(" \n.,'’5%aAΣß\ud800")), max_size=60)),
    st.integers(0, 70),
)
def test_n_grams_of_many_texts_are_those_of_each(texts: list[str], empty: int) -> None:
    texts = [*texts, *[""] * empty, "The last one, 5.5 %"]
    counts = linear.counted(texts)
    assert counts.shape == (len(texts), linear.WIDTH)
    for at, text in enumerate(texts):
        tally = Counter(n_grams(text))
        row = slice(counts.indptr[at], counts.indptr[at + 1])
        assert counts.indices[row].tolist() == sorted(tally)
        wanted = np.array([1 + np.log(tally[one]) for one in sorted(tally)], dtype=np.float32)
        np.testing.assert_array_equal(counts.data[row], wanted)


def test_a_model_is_read_as_written_and_weighed_by_copy(classify: linear.Linear) -> None:
    again = linear.to_bytes(
        classify.sections, rarity=classify.rarity, weights=classify.weights, bias=classify.bias
    )
    assert again == small_model()
    assert linear.counted([]).shape == (0, linear.WIDTH)
    counts = linear.counted(["one two"])
    before = counts.copy()
    linear.weighed(counts, rarity=np.zeros(linear.WIDTH, dtype=np.float32))
    assert counts.data.tolist() == before.data.tolist()
    assert counts.indices.tolist() == before.indices.tolist()


def damaged_models() -> dict[str, bytes]:
    model = small_model()
    line, _, body = model[len(linear.MAGIC) :].partition(b"\n")
    header = json.loads(line)

    def changed(**entries: object) -> bytes:
        return linear.MAGIC + json.dumps(header | entries).encode() + b"\n" + body

    return {
        "cut": model[:-1],
        "longer": model + b"\x00",
        "one bit": model[:-1] + bytes([model[-1] ^ 1]),
        "no header": linear.MAGIC,
        "no JSON": linear.MAGIC + b"{\n" + body,
        "binary header": linear.MAGIC + b"\xff\xfe\n" + body,
        "a list": linear.MAGIC + b"[]\n" + body,
        "deep": linear.MAGIC + b"[" * 60_000 + b"\n" + body,
        "no sections": changed(sections=None),
        "one section": changed(sections=["other"] * 3),
        "no other": changed(sections=["a", "b", "c"]),
        "too many": changed(sections=["a", "b", "c", "other"]),
        "short bias": changed(bias=[0.0]),
        "bias of words": changed(bias=["x", "y", "z"]),
        "step of words": changed(rarity_step="much"),
        "steps of lists": changed(weight_steps=[[], [], []]),
    }


def test_a_damaged_model_is_refused_in_one_line_and_another_version_told_apart() -> None:
    for case in damaged_models():
        with pytest.raises(ModelError, match=r"^section model: damaged; [^\n]*$"):
            linear.from_bytes(damaged_models()[case])
    with pytest.raises(ModelError, match="another version"):
        linear.from_bytes(small_model().replace(b"sections 1\n", b"sections 2\n", 1))
    for stranger in (b"", b"PK\x03\x04", b"briefing"):
        with pytest.raises(ModelError, match="not a model of this program"):
            linear.from_bytes(stranger)


@given(st.binary(max_size=200))
def test_any_bytes_behind_the_magic_line_are_refused(tail: bytes) -> None:
    with pytest.raises(ModelError):
        linear.from_bytes(linear.MAGIC + tail)


def test_the_committed_models_are_small() -> None:
    assert len(COMMITTED) < 4_000_000
    assert linear.from_bytes(COMMITTED).sections == ("diplomacy", "economy", "other", "security")
    whole = Path(linear.__file__).with_name("stories.model").read_bytes()
    assert len(whole) <= 800_000
    assert linear.from_bytes(whole).sections == linear.from_bytes(COMMITTED).sections
    story = "Central bank cuts its rate. The bank lowered its key rate to curb a fall of prices."
    (row,) = linear.from_bytes(whole)([story])
    assert max(row, key=row.__getitem__) == "economy"
