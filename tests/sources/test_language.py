import subprocess
import sys

import pytest

from briefing.sources.language import detect
from tests.examples import examples

_ENGLISH = (
    "The ministers met on Monday and agreed to lower the duty on steel from May. They said that "
    "the ports would open again on the same day, with more ships than were expected. The unions "
    "have called the plan a first step, and this week their members vote on it. "
)
_DUTCH = (
    "De ministers vragen zich af of de rechten op staal omlaag gaan of niet, of de havens weer "
    "open gaan of dicht blijven, en of de bonden dat steunen. The Plan, zegt men, is by the book. "
)
_DANISH = (
    "Ministrene kan have ret for en gangs skyld, og de to havne kan have plads for flere skibe; "
    "for byen er det godt, for havnen bedre, siger borgmesteren for byen. "
)
_RUSSIAN = "Министры встретились в понедельник и договорились снизить пошлины на сталь. "


def _loads_model(text: str) -> bool:
    code = (
        "import sys; from briefing.sources.language import detect; detect(sys.argv[1]); "
        "print('py3langid' in sys.modules)"
    )
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, text], capture_output=True, text=True, check=True
    )
    return ran.stdout == "True\n"


@examples("text, code")
def test_the_language_is_told(text: str, code: str) -> None:
    assert detect(text) == code


@pytest.mark.parametrize("text", ["x" * 1_000_000, "\ud800" * 100 + "a" * 60, "qzx " * 5_000])
def test_no_language_crashes_nothing(text: str) -> None:
    assert len(detect(text)) in {0, 2}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (_ENGLISH * 3, "en"),
        (_DUTCH * 6, "nl"),
        (_DANISH * 6, "da"),
        (_ENGLISH + _DUTCH * 8, "nl"),
        (_ENGLISH + _RUSSIAN * 20, "ru"),
        # what comes after the first 2,000 characters decides nothing
        (_RUSSIAN * 30 + _ENGLISH * 30, "ru"),
    ],
)
def test_english_words_in_another_language_decide_nothing(text: str, code: str) -> None:
    assert detect(text) == code


@pytest.mark.parametrize(
    ("text", "loads"),
    [
        (_ENGLISH * 3, False),
        ("Too short", False),
        ("The ministers met on Monday and agreed to lower the duty on steel from May.", False),
        # too few words to be sure
        ("Ministers agreed Monday: lower steel duty, reopened ports, union members vote.", True),
        ("Il ministro dice che INSTEAD OF e WHEN non possono avere nuove condizioni.", True),
        ("Ministers vragen of staal duur is, of goedkoop, en of The Plan by the book is.", True),
        (_ENGLISH + _RUSSIAN * 3, True),
        (_DUTCH * 6, True),
    ],
)
def test_the_model_is_loaded_only_in_doubt(text: str, loads: bool) -> None:  # noqa: FBT001
    assert _loads_model(text) is loads
