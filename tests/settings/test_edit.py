import re
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import SettingsError
from briefing.settings import Settings
from briefing.settings.file import changed, edited, is_same, parse
from briefing.settings.reference import template
from tests.examples import examples

DESK = """\
# Our desk
name = "Harbor Desk" # as on the door

# In the order of the ministry
[[sections]]
# since May
name = "trade"
words = [
  "tariff", # and tariffs
  # of the sea
  "port",
]

# Ships
[[sections]]
name = "sea"

# How it looks
[page]
theme = "classic"
# blue

# When
[schedule]
holidays = [
  2026-12-25, # Christmas
  "2027-01-01",
]
"""


def comments(text: str) -> list[str]:
    return re.findall("#.*", text)


def test_a_value_is_changed_where_it_stands_and_new_ones_stand_behind() -> None:
    assert edited(DESK, {"name": "Port Desk"}) == DESK.replace('"Harbor Desk"', '"Port Desk"')
    new = edited(DESK, {"page.paper": "Letter", "dateline": "Geneva"})
    added = DESK.replace('"classic"\n', '"classic"\npaper = "Letter"\n')
    assert new == added.replace("the door\n", 'the door\ndateline = "Geneva"\n')
    assert edited(DESK, {"mail.reply_to": "a@desk.example"}) == (
        DESK + '\n[mail]\nreply_to = "a@desk.example"\n'
    )
    assert edited(DESK, {"page.theme": None}) == DESK.replace('theme = "classic"\n', "")
    assert edited(DESK, {"mail.sender": None, "web.address": None}) != ""
    assert parse(edited(DESK, {"other": None})) == parse(DESK)
    same = {
        "name": "Harbor Desk",
        "schedule.holidays": ["2026-12-25", "2027-01-01"],
        "sections": parse(DESK)["sections"],
    }
    assert edited(DESK, same) == DESK


@examples("text")
def test_every_notation_is_edited_or_refused(text: str) -> None:
    changes: dict[str, Any] = {
        "name": "B",
        "other": True,
        "page.theme": "large",
        "page.paper": "Letter",
        "mail.port": 587,
        "schedule.days": ["mon"],
        "mail.sender": "a@b.example",
        "sections": [{"name": "b"}, {"name": "c", "words": ["x", "y"]}],
    }
    for name, value in changes.items():
        new = edited(text, {name: value})
        assert is_same(parse(new), changed(parse(text), {name: value}))
        assert comments(new) == comments(text)
    assert is_same(parse(edited(text, changes)), changed(parse(text), changes))


def test_line_ends_byte_order_mark_and_unknown_keys_are_kept() -> None:
    windows = "\ufeff" + DESK.replace("\n", "\r\n")
    new = edited(windows, {"page.paper": "Letter", "mail.port": 25, "dateline": "Geneva"})
    assert new.startswith("\ufeff# Our desk\r\n")
    assert new.count("\n") == new.count("\r\n") > windows.count("\n")
    assert comments(new) == comments(windows)
    mixed = "name = 'A'\r\n[page]\ntheme = 'memo'\r\n"
    assert edited(mixed, {"name": "B"}) == mixed.replace("'A'", '"B"')
    text = "color = 'red'\n[page]\nshape = 'round' # really\n[weather]\nsun = true\n"
    new = edited(text, {"page.paper": "A4", "name": "B"})
    assert set(text.splitlines()) < set(new.splitlines())


@pytest.mark.parametrize(
    "text", ["name =", "[page", "name = 'a'\nname = 'b'", "\0", "a = [" * 5000]
)
def test_what_is_no_toml_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="cannot be edited"):
        edited(text, {"name": "B"})


def test_true_is_not_one() -> None:
    assert not is_same(True, 1)  # noqa: FBT003  the values themselves are compared
    assert parse(edited("other = 1\n", {"other": True})) == {"other": True}


words = st.text(max_size=30).filter(lambda text: "#" not in text)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "name": words,
        "other": st.booleans(),
        "window_hours": st.integers(0, 500),
        "page.marking": words,
        "schedule.grace_hours": st.floats(0, 24),
        "schedule.days": st.lists(st.sampled_from(["mon", "tue", "wed", "thu"]), unique=True),
        "schedule.holidays": st.lists(st.dates().map(str)),
        "collect.allow_ports": st.lists(st.integers(1, 9)),
        "mail.dkim": st.lists(st.fixed_dictionaries({"selector": words}), min_size=1),
        "sections": st.lists(
            st.fixed_dictionaries({"name": words}, optional={"words": st.lists(words)}), min_size=1
        ),
    },
)


@given(first=CHANGES, second=CHANGES)
def test_any_changes_say_what_is_asked(first: dict[str, Any], second: dict[str, Any]) -> None:
    text, values = DESK, parse(DESK)
    for changes in (first, second):
        text, values = edited(text, changes), changed(values, changes)
        assert is_same(tomllib.loads(text), values)
    if not {"sections", "schedule.holidays"} & {*first, *second}:
        assert comments(text) == comments(DESK)


def test_every_setting_can_be_changed_in_the_file_of_init() -> None:
    text = template()
    values = parse(text)
    for name, value in Settings().model_dump(mode="json").items():
        for key in value if isinstance(value, dict) else [""]:
            changes = {f"{name}.{key}".rstrip("."): "x"}
            assert is_same(parse(edited(text, changes)), changed(values, changes))
