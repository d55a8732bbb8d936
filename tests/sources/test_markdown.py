import pytest

from briefing.sources.markdown import to_plain
from tests.growth import is_linear


@pytest.mark.parametrize(
    ("markdown", "title", "plain"),
    [
        ("# Port opens\n\nShips came.", "Port opens", "Ships came."),
        ("Port opens\n===\nShips came.", "Port opens", "Ships came."),
        ("---\ntitle: 'Port opens'\nx: 1\n---\nShips.", "Port opens", "Ships."),
        ("---\ntitle: Port\n---\n# Second\nShips.", "Port", "Second\nShips."),
        ("---\nnot closed", "", "not closed"),
        ("---\nx: 1\n...\nShips.", "", "Ships."),
        ("Ships\ncame in\n\nand left.\n===\n", "and left.", "Ships came in"),
        ("## Trade ##\nShips.", "", "Trade\nShips."),
        ("#\nShips.", "", "Ships."),
        ("- one\n- two\n  more\n* three", "", "one\ntwo more\nthree"),
        ("1. one\n2) two", "", "one\ntwo"),
        ("1. one\n\nIt came in\n20. It went.", "", "one\nIt came in 20. It went."),
        ("It opened in\n2026. It closed.", "", "It opened in 2026. It closed."),
        ("> He said\n> so.\n\n> # Loud", "Loud", "He said so."),
        ("**Bold** and *thin* and _under_ and ~~out~~.", "", "Bold and thin and under and out."),
        ("a snake_case_name, 5 * 3 and 2*3", "", "a snake_case_name, 5 * 3 and 2*3"),
        (r"\*kept\* and \# too", "", "*kept* and # too"),
        ("See [the port](https://a.example/x_(y)) now.", "", "See the port now."),
        ("See [the port][1] now.\n\n[1]: https://a.example", "", "See the port now."),
        ("![map](map.png) Ships. ![m][2]", "", "Ships."),
        ("<https://a.example> & <b>ships</b> &amp; more", "", "https://a.example & ships & more"),
        ("One.\n```py\nx = 1\n~~~\n```\nTwo.", "", "One.\nTwo."),
        ("One.\n~~~\nnever closed", "", "One."),
        ("Use `make` now.", "", "Use make now."),
        ("| a | b |\n|---|---|\nShips.", "", "Ships."),
        ("One <!-- a\n\nb --> two <!-- open", "", "One two open"),
        ("One\n\n***\n\nTwo", "", "One\nTwo"),
        ("===\n\nOne", "", "One"),
        ("![map](map.png)\n\nOne", "", "One"),
        ("", "", ""),
    ],
)
def test_words_stay_and_marks_go(markdown: str, title: str, plain: str) -> None:
    assert to_plain(markdown) == (title, plain)


@pytest.mark.parametrize(
    "mark",
    ["[", "![", "](", "[](", "[](a(", "*", "* a", "_a", "`", "<", "<a", "<!--", "- ", "> ", ">",
     "#", "\\", "&", "~~~\n", "|", "[a](b[", "* * ", "1. ", "=\n", "\n", " ", "a", "--> <!--"],
)  # fmt: skip
def test_many_marks_take_linear_time(mark: str) -> None:
    assert is_linear(to_plain, mark * (300_000 // len(mark)))
