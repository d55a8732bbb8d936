from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from briefing.core.model import Preferences, Subscriber
from briefing.press.confirm import ConfirmParts, confirm_parts
from briefing.press.theme import Theme
from tests.press.lettering import joined
from tests.press.test_screen import Tree

LINK = "https://desk.example/c/7-1.abJPWA.a96toS8HRK7HpGbLObBArA"


def asking(
    theme: Theme, *, name: str = "World Desk", address: str = "", **preferences: object
) -> ConfirmParts:
    return confirm_parts(
        name,
        to=Subscriber(
            7,
            address or "a.osei@ministry.example",
            preferences=Preferences(**preferences),  # type: ignore[arg-type]
        ),
        link=LINK,
        until=datetime(2026, 3, 14, 8, 12, tzinfo=UTC),
        theme=theme,
    )


def test_it_says_what_for_until_when_for_whom_and_what_else_to_do(theme: Theme) -> None:
    mail = asking(theme, zone="Europe/Zurich", at=time(6, 30))
    page = Tree(mail.html)
    assert mail.subject == "Confirm World Desk"
    for text in (joined(mail.text), joined(page.of("body")[0].text)):
        assert "Confirm that you want World Desk every day at 06:30, Zurich time." in text
        assert "good until Saturday 14 March 2026, 09:12, Zurich time." in text
        assert "gave the address a.osei@ministry.example" in text
        assert "If it was not you, do nothing" in text
    assert LINK in mail.text.splitlines()


def test_it_has_one_button(theme: Theme) -> None:
    page = Tree(asking(theme).html)
    (button,) = page.of("a", "button")
    assert button.text == "Confirm"
    assert {link.attributes["href"] for link in page.of("a")} == {LINK}
    assert "background:#16140f" in button.attributes["style"]
    assert [table.attributes["role"] for table in page.of("table")] == ["presentation"] * 2


@pytest.mark.parametrize(
    ("days", "phrase"),
    [
        ((0, 1, 2, 3, 4, 5, 6), "every day"),
        ((0, 1, 2, 3, 4), "Monday to Friday"),
        ((0, 2, 4), "on Monday, Wednesday and Friday"),
        ((6,), "on Sunday"),
    ],
)
def test_it_says_the_days(theme: Theme, days: tuple[int, ...], phrase: str) -> None:
    assert f"World Desk {phrase} at 07:00, UTC." in joined(asking(theme, days=days).text)


def test_a_language_without_words_gets_the_english_ones(theme: Theme) -> None:
    assert asking(theme, language="fi").text == asking(theme).text


def test_words_of_others_stay_words(theme: Theme) -> None:
    mail = asking(theme, name="<b>{when}</b> & {{ 7*7 }}", address="o'neil&co@ministry.example")
    page = Tree(mail.html)
    assert not page.of("b")
    assert "<b>{when}</b> & {{ 7*7 }}" in page.of("h1")[0].text
    assert "o'neil&co@ministry.example" in page.of("body")[0].text
