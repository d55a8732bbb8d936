import re

from tests.growth import is_linear


def test_linear_work_is_told_from_a_square() -> None:
    assert is_linear(str.split, "a " * 500_000)
    # A regular expression that looks for its end from every begin.
    assert not is_linear(re.compile(r"<!--.*?-->").findall, "<!--" * 8_000)
