"""An edition that is made ahead: read as it was kept, and known by all that it is made of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from briefing.core.kept_edition import edition_key, pack_edition, unpack_edition
from briefing.core.model import Corrections, Letterhead, Material, SagaRegister, WatchList
from briefing.core.ports import Recipe
from briefing.core.record import write
from tests.desk import EDITION, RECIPE
from tests.newsday import HARBOR, NICKEL, TODAY, report

REPORTS = (report("d1", HARBOR), report("d2", NICKEL))
REGISTER = SagaRegister({("e1", "s1"): "s2"}, {"s2": TODAY}, 2, frozenset({frozenset("ab")}))
MATERIAL = Material(REPORTS, TODAY, register=REGISTER)
DEFINED = replace(RECIPE, signals=b"rule", manifest={"look": "sha256 1"})


def key(earlier: bytes = b"", recipe: Recipe = DEFINED, **changed: Any) -> bytes | None:  # noqa: ANN401
    return edition_key(replace(MATERIAL, **changed), recipe, code=b"code", earlier=earlier)


def test_what_decides_an_edition_is_in_its_key_and_plug_ins_have_none() -> None:
    before = key()
    changed = [
        key(b"another edition"),
        key(documents=REPORTS[:1]),
        key(documents=REPORTS[::-1]),
        key(documents=(replace(REPORTS[0], grade="B"), REPORTS[1])),
        key(day=date(2027, 1, 1)),
        key(failed=[("wire", "no answer")]),
        key(left_out={"too old": 1}),
        key(edition="evening"),
        key(register=replace(REGISTER, of={("e1", "s1"): "s1"})),
        key(register=replace(REGISTER, last=3)),
        key(register=replace(REGISTER, apart=frozenset())),
        key(register=None),
    ]
    recipes: list[dict[str, Any]] = [
        {"manifest": {"look": "sha256 2"}},
        {"signals": b"other"},
        {"letterhead": Letterhead(accent="#123456")},
        {"window": timedelta(hours=1)},
        {"lists": {"straits": "The straits"}},
        {"worth_of": lambda _: ()},
    ]
    changed += [key(recipe=replace(DEFINED, **other)) for other in recipes]
    assert None not in changed
    assert len({before, *changed}) == 1 + len(changed)
    # The order in which an editor took stories apart, and the words of readers, change no page.
    again = replace(REGISTER, apart=frozenset({frozenset("ba")}))
    assert key(register=again, own_words=(WatchList("w1", ()),)) == before
    plugs: list[dict[str, Any]] = [{"ranker": ranked_elsewhere}, {"signals": b""}, {"manifest": {}}]
    for plugged in plugs:
        assert key(recipe=replace(DEFINED, **plugged)) is None


def ranked_elsewhere(*_: object, **__: object) -> tuple[()]:
    """Stand for the ranker of a plug-in."""
    return ()


def test_an_edition_is_read_as_it_was_kept_with_the_texts_of_its_reports() -> None:
    first, *others = EDITION.documents.values()
    gone = replace(REPORTS[0], id="gone", text="", text_sha256="0" * 64)
    found, *fewer = EDITION.ledger.ranked
    # In its record this is 0, which is left out of a record of that.
    ledger = replace(EDITION.ledger, ranked=(replace(found, salience=-0.00001), *fewer))
    edition = replace(EDITION, documents={**EDITION.documents, "gone": gone}, ledger=ledger)
    material = Material(others, TODAY, corrections=Corrections(documents={first.id: first}))
    read = unpack_edition(pack_edition(edition), material)
    assert read is not None
    assert [*read.documents.items()] == [*edition.documents.items()]
    assert read.documents["gone"].sha256 == "0" * 64
    assert write(read) == write(edition)


@pytest.mark.parametrize(
    "harm", [lambda packed: packed[:-1], lambda _: b"", lambda _: pack_edition(EDITION)[::-1]]
)
def test_what_is_damaged_is_not_read(harm: Callable[[bytes], bytes]) -> None:
    assert unpack_edition(harm(pack_edition(EDITION)), MATERIAL) is None
