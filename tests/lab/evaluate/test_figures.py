"""Figures as lines for a terminal."""

from briefing.lab.evaluate.figures import in_words
from tests.examples import examples


@examples("value, said")
def test_a_figure_stands_behind_its_name(value: object, said: str) -> None:
    assert in_words({"figure": value}) == f"figure{' ' * 18} {said}"


def test_groups_follow_the_plain_figures_as_tables() -> None:
    report = {
        "per_section": {"economy": {"f1": 0.75, "items": 4}, "other": 0.5},
        "items": 4,
        "ci95": {"f1": [0.5, 0.9]},
    }
    assert in_words(report).splitlines() == [
        "items                    4",
        "",
        "per_section",
        "  economy              f1 0.75  items 4",
        "  other                0.5",
        "",
        "ci95",
        "  f1                   0.5 to 0.9",
    ]


def test_rows_are_named_and_nested_figures_stand_in_brackets() -> None:
    report = {
        "days": [{"name": "monday", "fill": 0.5}, {"fill": 1}],
        "rankers": {"lead": {"rouge1": 41.1, "ci95": {"rouge1": [40.0, 42.5]}}},
    }
    assert in_words(report).splitlines() == [
        "",
        "days",
        "  monday               fill 0.5",
        "                       fill 1",
        "",
        "rankers",
        "  lead                 rouge1 41.10  ci95 (rouge1 40.00 to 42.50)",
    ]
