import json
from datetime import date
from pathlib import Path
from typing import Any

from briefing.cli import FAILED, WRONG_USE
from briefing.core.model import AuditEvent, Choice
from briefing.core.schedule import local_date
from briefing.settings import load
from briefing.setup.clock import now
from briefing.store import audit, drafts
from tests.cli.test_round import desk
from tests.mailroom import BRIEFING, opened
from tests.small_day import Said, told

NICKEL, STRAIT = "Nickel exports of Kalvia", "Serrat closes its strait"


def facts(capsys: Said, *words: str) -> Any:  # noqa: ANN401  JSON
    return json.loads(told(capsys, "choose", "--json", *words)[0])


def became(capsys: Said, config: str) -> dict[str, str]:
    """Return what becomes of each story, by the first words of its headline."""
    rows = facts(capsys, config)["reports"]
    return {" ".join(row["title"].split()[:3]): row["became"] for row in rows}


def kept(folder: Path, day: str) -> tuple[tuple[Choice, ...], list[AuditEvent]]:
    with opened(folder) as store, store.read() as tx:
        return drafts.active(tx, BRIEFING, date.fromisoformat(day)), list(audit.recent(tx))


def test_a_story_leads_is_left_out_moved_and_ranked_again(tmp_path: Path, capsys: Said) -> None:
    config = desk(tmp_path)
    listed = facts(capsys, config)
    assert listed["choices"] == []
    day = listed["edition"].partition("/")[2]
    out, _ = told(capsys, "choose", config)
    assert "printed in economy: 2" in out
    assert NICKEL in out

    out, _ = told(capsys, "choose", "--lead", "serrat", "STRAIT", config)
    assert f"{STRAIT} to Ottaran tankers: Put on top by command, " in " ".join(out.split())
    # Another one leads in its place.
    done = facts(capsys, "--lead", "coastguard", config)
    assert [one["effect"] for one in done["choices"]] == ["met"]
    told(capsys, "choose", "--leave-out", "nickel", config)
    told(capsys, "choose", "--print-in", "security", "strait", config)
    assert became(capsys, config) == {
        "Norvian coastguard takes": "printed in other",
        "Nickel exports of": "left out by an editor",
        "Serrat closes its": "printed in security",
    }
    active, acts = kept(tmp_path, day)
    assert [one.action for one in active] == ["top", "drop", "move", "pin"]
    assert {one.who for one in acts} == {"command"}
    assert [one.what for one in acts][:3] == ["pin story", "move story to security", "drop story"]
    for words in ("strait", "nickel", "coastguard"):
        assert "as ranked" in told(capsys, "choose", "--undo", words, config)[0]
    assert kept(tmp_path, day)[0] == ()


def test_a_further_edition_is_chosen_for_by_itself(tmp_path: Path, capsys: Said) -> None:
    config = desk(tmp_path, more='[[edition]]\nname = "evening"\nat = "18:00"\n')
    evening = "--edition=evening"
    name, _, day = facts(capsys, evening, config)["edition"].partition("/")
    assert name == f"{BRIEFING}_evening"
    out, _ = told(capsys, "choose", "--leave-out", "nickel", evening, config)
    assert "Left out by command, " in out
    with opened(tmp_path) as store, store.read() as tx:
        assert len(drafts.active(tx, name, date.fromisoformat(day))) == 1
    assert became(capsys, config)["Nickel exports of"] != "left out by an editor"
    _, err = told(capsys, "choose", "--edition=week", config, code=WRONG_USE)
    assert "a week in review is made without choices" in err
    # What was made is explained, and its mails are counted.
    told(capsys, "publish", evening, config, "--force")
    day = f"{local_date(load(tmp_path / 'briefing.toml').timetable, at=now())}"
    assert STRAIT in told(capsys, "why", day, evening, config)[0]
    told(capsys, "why", day, config, code=FAILED)
    status, _ = told(capsys, "deliver", "--status", "--date", day, evening, config)
    assert status.startswith(f"{name}/{day}: audience of 0")
    _, err = told(capsys, "deliver", "--status", evening, config, code=WRONG_USE)
    assert "--edition needs --date" in err
    written, _ = told(
        capsys, "deliver", f"--dry-run={tmp_path / 'mails'}", "--date", day, evening, config
    )
    assert "0 mails of " in written


def test_a_headline_is_one_of_the_titles_that_are_listed(tmp_path: Path, capsys: Said) -> None:
    config = desk(tmp_path)
    (title,) = facts(capsys, "nickel", config)["titles"]
    assert f"  1  {title}" in told(capsys, "choose", "nickel", config)[0]
    (chosen,) = facts(capsys, "--headline", "1", "nickel", config)["choices"]
    assert (chosen["choice"]["action"], chosen["choice"]["headline"]) == ("headline", title)
    assert facts(capsys, "nickel", config)["choices"] == [chosen]
    _, err = told(capsys, "choose", "--headline", "2", "nickel", config, code=WRONG_USE)
    assert err == "briefing: --headline 2: it has 1 title\n"


def test_what_cannot_be_done_is_told_and_nothing_is_kept(tmp_path: Path, capsys: Said) -> None:
    config = desk(tmp_path)
    for words, code, why in (
        ("--lead", WRONG_USE, "name one story, and one of --lead,"),
        ("strait --lead --leave-out", WRONG_USE, "name one story, and one of --lead,"),
        ("nothing like it", FAILED, "has 'nothing like it' in its title; use fewer words"),
        ("a", FAILED, "'a' is in the titles of 3 of the stories ("),
        ("strait --print-in sport", FAILED, "section: unknown; known: economy,"),
        ("strait --undo", FAILED, "nothing was chosen about it"),
    ):
        _, err = told(capsys, "choose", config, *words.split(), code=code)
        assert why in err
        assert err.count("\n") == 1
        assert facts(capsys, config)["choices"] == []
    # Without a report there is nothing to decide.
    empty = tmp_path / "empty.toml"
    empty.write_text('name = "Ostra Desk"\n[store]\nat = "empty.db"\n')
    config = f"--config={empty}"
    assert told(capsys, "choose", config, code=FAILED)[1].startswith("briefing: ")
