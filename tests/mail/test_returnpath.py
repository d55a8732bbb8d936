import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.mail.tokens import read_return_path as read
from briefing.mail.tokens import return_path
from tests.mail.nasty import NASTY

OLD, NEW = b"o" * 32, b"n" * 32
SECRETS = (OLD, NEW)


def path(delivery: int = 7, *, secret: bytes = NEW) -> str:
    return return_path(delivery, secrets=(secret,), domain="desk.example")


@given(st.integers(0, 2**63 - 1))
def test_it_names_its_delivery(delivery: int) -> None:
    address = return_path(delivery, secrets=SECRETS, domain="desk.example")
    local, _, domain = address.partition("@")
    assert read(address, secrets=SECRETS) == delivery
    assert domain == "desk.example"
    assert len(local) == 47
    assert re.fullmatch(r"bounce\+[a-z2-7]{40}", local)


def test_secrets_rotate_and_no_other_sign_counts() -> None:
    assert read(path().upper(), secrets=SECRETS) == 7
    assert read(path().title(), secrets=SECRETS) == 7
    assert read(path().replace("desk", "mx.desk"), secrets=SECRETS) == 7
    assert read(path(secret=OLD), secrets=SECRETS) == 7
    assert read(path(secret=NEW), secrets=SECRETS) == 7
    assert path(secret=NEW) == return_path(7, secrets=SECRETS, domain="desk.example")
    assert read(path(secret=OLD), secrets=(NEW,)) is None
    assert read(path(), secrets=()) is None
    address = path()
    for place in range(len("bounce+"), address.index("@")):
        for sign in "abz27":
            if sign != address[place]:
                forged = address[:place] + sign + address[place + 1 :]
                assert read(forged, secrets=SECRETS) is None


@pytest.mark.parametrize(
    "address",
    [
        *NASTY,
        *("bounce@desk.example", "bounce+@desk.example", "bounce+" + "a" * 40 + "@desk.example"),
        *(path().removeprefix("bounce+"), "x" + path(), path()[1:], path().replace("@", "a@")),
        *(
            path().partition("@")[0],
            path().replace("bounce", "bouncé"),
            "\u212a" * 47 + "@desk.example",
        ),
    ],
)
def test_any_other_address_is_none(address: str) -> None:
    assert read(address, secrets=SECRETS) is None
