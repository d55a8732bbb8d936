"""A preference that is only declared is in store, CSV, form, options, JSON and API."""

import json
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from briefing.core import model
from briefing.core.model.document import declared


class Size(StrEnum):
    """How large its type is."""

    NORMAL = "normal"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class Preferences(model.Preferences):
    """Those of readers, and one more."""

    size: Size = declared(
        Size.NORMAL, "Size of the type: normal or large", schema="Of the type.", older="normal"
    )


def main(folder: Path) -> None:
    """Add a reader who has it by command, and follow it through CSV, form and API."""
    # Before any module has taken the type of the model.
    model.Preferences = Preferences  # type: ignore[misc]
    from briefing.app.readers.fields import choices, preferences_of  # noqa: PLC0415
    from briefing.app.readers.lists import subscribers_csv  # noqa: PLC0415
    from briefing.cli.app import run  # noqa: PLC0415
    from briefing.store import open_store, subscribers  # noqa: PLC0415
    from briefing.web.api.schemas import WishesLine  # noqa: PLC0415
    from briefing.web.forms import problems, read_chosen  # noqa: PLC0415

    file = folder / "briefing.toml"
    file.touch()
    words = f"subscribers add a@desk.example --consent yes --size Large --config {file} --json"
    assert run(words.split()) == 0
    with open_store("briefing.db", folder=folder).read() as tx:
        (kept,) = subscribers.listed(tx)
    head, line = subscribers_csv([(kept, None)])
    assert head.startswith("address,name,sections,lists,format,days,at,zone,language,")
    assert ",size,state," in head
    assert ",large,active," in line
    offered = model.Offered(("economy",))
    usual = choices(Preferences(), offered)
    large, huge = (
        read_chosen({"size": [s]}, usual=usual, asked={"size"}) for s in ("large", "huge")
    )
    assert read_chosen({}, usual=usual, asked={"size"}) == usual
    assert not problems(large, offered=offered)
    assert preferences_of(large, offered) == Preferences(size=Size.LARGE)
    assert problems(huge, offered=offered)[0].message == "Unknown size."
    assert WishesLine.model_fields["size"].description == "Of the type."


def test_it_needs_nothing_but_its_declaration(tmp_path: Path) -> None:
    command = [sys.executable, "-m", __name__, str(tmp_path)]
    assert json.loads(subprocess.check_output(command))["size"] == "large"  # noqa: S603


if __name__ == "__main__":
    main(Path(sys.argv[1]))
