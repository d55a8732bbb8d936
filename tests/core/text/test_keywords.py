import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import SettingsError
from briefing.core.ports import Classifier
from briefing.core.text.classifiers import keywords
from tests.examples import examples

SECTIONS = {"harbors": ["port", "container ship", "dredging"], "forests": ["timber", "port"]}


@pytest.fixture
def classify() -> keywords.Keywords:
    return keywords.from_words(SECTIONS)


def test_a_text_without_a_match_is_all_other(classify: keywords.Keywords) -> None:
    port: Classifier = classify
    assert port.sections == ("harbors", "forests", "other")
    assert classify(["Nothing here.", ""]) == (
        {"harbors": 0.0, "forests": 0.0, "other": 1.0},
        {"harbors": 0.0, "forests": 0.0, "other": 1.0},
    )
    assert classify(["one container"])[0]["other"] == 1.0


@examples("text, shares")
def test_shares_are_exact(classify: keywords.Keywords, text: str, shares: dict[str, float]) -> None:
    assert classify([text])[0] == pytest.approx(shares)


def test_words_add_up_once_a_stem() -> None:
    classify = keywords.from_words({"other": ["horoscope"], "ports": ["port"]})
    assert classify.sections == ("other", "ports")
    assert classify(["a horoscope at the port"])[0] == pytest.approx(
        {"other": 7 / 12, "ports": 5 / 12}
    )
    classify = keywords.from_words({"ports": ["port", "Ports", "port's"]})
    assert classify(["ports"])[0]["ports"] == pytest.approx(5 / 7)


def test_evidence_names_what_matched(classify: keywords.Keywords) -> None:
    assert classify.evidence("Timber, timber and a container ship in port") == (
        ("timber", "forests", 2.0),
        ("container ship", "harbors", 1.0),
        ("port", "forests", 1.0),
        ("port", "harbors", 1.0),
    )


@pytest.mark.parametrize(
    ("sections", "told"),
    [({"ports": []}, "section 'ports': no words"), ({"ports": ["--"]}, "'--' has no letter")],
)
def test_words_that_can_never_match_are_refused(sections: dict[str, list[str]], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        keywords.from_words(sections)


@given(st.text(st.characters()))
def test_every_row_sums_to_1(text: str) -> None:
    row = keywords.from_words(SECTIONS)([text])[0]
    assert sum(row.values()) == pytest.approx(1.0)
