import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.cli import WRONG_USE, run
from briefing.core.errors import SettingsError, StoreError
from briefing.settings import FILE_NAME, Settings, load
from briefing.settings.file import (
    ChangedMeanwhileError,
    Proposal,
    SettingChange,
    UnwritableSettingsError,
    WrongSettingsError,
    changed,
    edited,
    is_same,
    parse,
    propose,
    read,
    save,
)
from briefing.settings.reference import template
from tests.examples import examples
from tests.small_day import Said

BEGIN = '# Ours\nname = "A" # short\n\n[page]\ntheme = "classic"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / FILE_NAME
    path.write_text(BEGIN, encoding="utf-8")
    return path


def put(path: Path, changes: Any, **how: Any) -> Proposal:  # noqa: ANN401  of save
    """Save changes as whoever has just seen the file."""
    return save(path, changes, seen=read(path).seen(list(changes)), **how)


def test_a_proposal_writes_nothing_and_a_change_nothing_else(path: Path) -> None:
    assert propose(read(path), {"name": "B"}).settings.name == "B"
    assert path.read_text(encoding="utf-8") == BEGIN
    done = put(path, {"name": "B", "page.theme": "classic"})
    assert path.read_text(encoding="utf-8") == BEGIN.replace('"A"', '"B"') == done.text
    assert done.changes == (SettingChange("name", "A", "B"),)
    assert done.settings == load(path)
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_missing_is_made_unless_nothing_is_changed(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    file = read(path)
    assert save(path, {"name": "Briefing"}, seen=file.seen(["name"])).changes == ()
    assert not path.exists()
    assert file.get("page.paper") == "A4"
    save(path, {"page.paper": "Letter"}, seen=file.seen(["page.paper"]))
    assert load(path).page.paper == "Letter"


@examples("changes, wrong, words")
def test_a_wrong_value(path: Path, changes: dict[str, object], wrong: str, words: str) -> None:
    with pytest.raises(WrongSettingsError) as error:
        put(path, changes)
    assert set(error.value.wrong) == {wrong}
    assert words in error.value.wrong[wrong]
    assert path.read_text(encoding="utf-8") == BEGIN
    assert list(path.parent.iterdir()) == [path]


def test_what_only_the_caller_can_check_is_refused_as_well(path: Path) -> None:
    def check(settings: Settings) -> dict[str, str]:
        return {"page.theme": "is not installed"} if settings.page.theme == "nicer" else {}

    with pytest.raises(WrongSettingsError, match=r"page\.theme: is not installed"):
        put(path, {"page.theme": "nicer"}, check=check)
    assert path.read_text(encoding="utf-8") == BEGIN


def test_a_mistake_of_somebody_else_in_the_file_is_told_or_mended(path: Path) -> None:
    path.write_text(BEGIN + 'papr = "A4"\n', encoding="utf-8")
    with pytest.raises(WrongSettingsError, match=r"line 6: page\.papr") as error:
        put(path, {"name": "B"})
    assert set(error.value.wrong) == {"page.papr"}
    assert "papr" in path.read_text(encoding="utf-8")
    path.write_text(BEGIN + 'paper = ""\nmarking = 5\n', encoding="utf-8")
    put(path, {"page.marking": "OURS"})
    assert load(path).page.marking == "OURS"


@pytest.mark.parametrize("raw", [b"name =", b"\xff\xfe", b"a = [" + b"[" * 9000, b"#" * (1 << 21)])
def test_what_cannot_be_read_is_left_alone(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    with pytest.raises(SettingsError):
        read(path)
    with pytest.raises(SettingsError):
        save(path, {"name": "B"}, seen="")
    assert path.read_bytes() == raw


def test_windows_line_ends_and_byte_order_mark_are_kept(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + BEGIN.replace("\n", "\r\n").encode())
    put(path, {"name": "B"})
    expected = BEGIN.replace('"A"', '"B"').replace("\n", "\r\n")
    assert path.read_bytes() == b"\xef\xbb\xbf" + expected.encode()
    assert load(path).name == "B"


def test_permissions_are_kept_and_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    path.chmod(0o640)
    (tmp_path / "etc").mkdir()
    link = tmp_path / "etc" / FILE_NAME
    link.symlink_to(path)
    save(link, {"name": "B"}, seen=read(link).seen(["name"]))
    assert link.is_symlink()
    assert load(path).name == "B"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list((tmp_path / "etc").iterdir()) == [link]


def test_a_logo_is_relative_to_the_file_and_written_as_such(path: Path) -> None:
    done = put(path, {"page.logo": "logo.svg"})
    assert 'logo = "logo.svg"' in path.read_text(encoding="utf-8")
    assert done.settings.page.logo == str(path.parent / "logo.svg")


def test_a_file_that_may_not_be_written_or_has_no_log_stays_as_it_is(path: Path) -> None:
    def refuse(_changes: Sequence[SettingChange]) -> None:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(UnwritableSettingsError, match="Permission denied"):
        put(path, {"name": "B"}, record=refuse)
    assert path.read_text(encoding="utf-8") == BEGIN

    def fail(changes: Sequence[SettingChange]) -> None:
        assert changes == (SettingChange("name", "A", "B"),)
        raise StoreError("the disk is full")

    with pytest.raises(StoreError):
        put(path, {"name": "B"}, record=fail)
    assert path.read_text(encoding="utf-8") == BEGIN
    assert list(path.parent.iterdir()) == [path]


def test_two_people_change_different_settings_or_say_the_same(path: Path) -> None:
    one, other = read(path), read(path)
    save(path, {"name": "B"}, seen=one.seen(["name", "page.theme"]))
    save(path, {"page.theme": "memo"}, seen=other.seen(["name", "page.theme"]))
    assert (load(path).name, load(path).page.theme) == ("B", "memo")
    assert save(path, {"name": "B"}, seen=other.seen(["name"])).changes == ()


def test_of_two_people_who_change_the_same_the_second_is_asked(path: Path) -> None:
    file = read(path)
    save(path, {"name": "B"}, seen=file.seen(["name"]))
    with pytest.raises(ChangedMeanwhileError) as error:
        save(path, {"name": "C", "page.theme": "memo"}, seen=file.seen(["name", "page.theme"]))
    assert error.value.names == ("name",)
    assert error.value.file.get("name") == "B"
    assert load(path).page.theme == "classic"
    seen = f"{error.value.seen} {file.seen(['page.theme'])}"
    save(path, {"name": "C", "page.theme": "memo"}, seen=seen)
    assert (load(path).name, load(path).page.theme) == ("C", "memo")


@pytest.mark.parametrize("seen", ["", "name", "name=", "name=x other", "=", "\0"])
def test_a_form_without_what_it_has_seen_overwrites_nothing(path: Path, seen: str) -> None:
    with pytest.raises(ChangedMeanwhileError):
        save(path, {"name": "B"}, seen=seen)


#: Adds sections with a name, however many others do the same.
ADDING = """
import sys
from pathlib import Path
from briefing.core.errors import BusyError
from briefing.settings.file import ChangedMeanwhileError, read, save
path, added = Path(sys.argv[1]), 0
while added < 8:
    file = read(path)
    sections = [*file.get("sections"), {"name": f"{sys.argv[2]} {added}"}]
    try:
        save(path, {"sections": sections}, seen=file.seen(["sections"]))
    except (ChangedMeanwhileError, BusyError):
        continue
    added += 1
"""


def test_of_several_processes_that_add_at_once_none_is_lost(path: Path) -> None:
    arguments = [sys.executable, "-c", ADDING, str(path)]
    started = [subprocess.Popen([*arguments, name]) for name in ("a", "b")]  # noqa: S603
    assert [one.wait() for one in started] == [0, 0]
    names = [row["name"] for row in read(path).get("sections")][3:]
    assert sorted(names) == sorted(f"{who} {n}" for who in "ab" for n in range(8))


#: Saves again and again in processes of its own, of which each is killed one step later; prints
#: what each has left, until one is done.
KILLED = """
import os, signal, sys
from pathlib import Path
from briefing.settings.file import read, save
path, steps = Path(sys.argv[1]), {"open", "os.rename", "os.remove", "os.chmod", "os.chown"}
old = path.read_text(encoding="utf-8")

def save_until(last):
    passed = 0
    def count(event, _arguments):
        nonlocal passed
        passed += event in steps
        if passed == last and event in steps:
            os.kill(os.getpid(), signal.SIGKILL)
    seen = read(path).seen(["name"])
    sys.addaudithook(count)
    save(path, {"name": "B" * 50}, seen=seen)
    os._exit(0)

for last in range(1, 100):
    path.write_text(old, encoding="utf-8")
    child = os.fork() or save_until(last)
    killed = os.waitpid(child, 0)[1]
    print(killed, path.read_text(encoding="utf-8") == old, "B" * 50 in path.read_text())
    # What was left lying about keeps nobody from writing later.
    save(path, {"ranker": "lead"}, seen=read(path).seen(["ranker"]))
    if not killed:
        break
"""


def test_a_process_killed_at_any_step_leaves_the_old_file_or_the_new(path: Path) -> None:
    path.write_text(template(), encoding="utf-8")
    arguments = [sys.executable, "-c", KILLED, str(path)]
    told = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout  # noqa: S603
    left = [line.split() for line in told.splitlines()]
    assert [killed for killed, *_ in left] == [str(int(signal.SIGKILL))] * (len(left) - 1) + ["0"]
    # Never half: it is the old one until it is the new one.
    assert {tuple(states) for _, *states in left} == {("True", "False"), ("False", "True")}
    assert [states for _, *states in left] == sorted((states for _, *states in left), reverse=True)
    assert len(left) > 5


#: What no message may hold: words of the library that checks, and of its types.
FOREIGN = (
    *("Input should", "validation error", "type=", "input_value", "pydantic", "Value error"),
    *("String should", "Extra inputs", "Field required", "greater than", "less than"),
    *("valid string", "valid integer", "valid tuple", "valid boolean", "valid date", "instance of"),
)
#: Values of every kind that TOML has, and beyond every range.
VALUES = (
    *"5 -1 0 0.5 -0.5 1e300 nan inf -inf 99999999999999999999".split(),
    *("true", '""', '"x"', '"Mon"', '"a\\nb"', '"\\u202e"', f'"{"x" * 500}"', '"6:30"'),
    *("[]", "[5]", '[""]', '["x"]', '["a\\tb"]', "[[]]", "[{}]", "{}", "{a = 5}"),
    *("2026-12-25", "2026-12-25T06:30:00Z", "06:30:00"),
)


def settings_of(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the head of the table and the key of every setting that is in a table."""
    for name, one in schema["properties"].items():
        found, many = resolved(one, root), False
        if "items" in found:
            found, many = resolved(found["items"], root), True
        if "properties" not in found:
            yield "", name
            continue
        for key, value in found["properties"].items():
            inner = resolved(resolved(value, root).get("items", {}), root)
            if "properties" in inner:
                yield from ((f"[[{name}.{key}]]", deep) for deep in inner["properties"])
            yield (f"[[{name}]]" if many else f"[{name}]"), key


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = root["$defs"][name] if name else schema
    return found


SCHEMA = Settings.model_json_schema()
ALL = sorted(settings_of(SCHEMA, SCHEMA)) + [("", name) for name in Settings.model_fields]


def refusal(folder: Path, text: str) -> str | None:
    path = folder / FILE_NAME
    path.write_text(text, encoding="utf-8")
    try:
        load(path)
    except SettingsError as error:
        return str(error).removeprefix(str(path))
    return None


@pytest.mark.parametrize("share", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_whatever_is_written_for_a_setting_the_answer_is_one_plain_line(
    tmp_path: Path, share: int
) -> None:
    refused = 0
    for place, (head, key) in enumerate(ALL):
        for value in VALUES[place % share :: share]:
            said = refusal(tmp_path, f"{head}\n{key} = {value}\n")
            if said is None:
                continue
            refused += 1
            assert said.isprintable(), said
            assert not [words for words in FOREIGN if words in said], said
            assert said.startswith((": line 1: ", ": line 2: ")), said
            assert key in said or "is missing" in said
            assert "must " in said or "unknown setting; `briefing init`" in said, said
            assert len(said) < 1000
    assert refused > 10 * len(ALL) / share


@examples("text, said")
def test_a_mistake_says_what_was_probably_meant(tmp_path: Path, text: str, said: str) -> None:
    assert said in (refusal(tmp_path, text) or "")


def test_a_hostile_key_is_shown_as_its_codes_and_a_wrong_address_not_at_all(tmp_path: Path) -> None:
    said = refusal(tmp_path, '"a\\n\\u001b[31mb" = 1\n')
    assert said is not None
    assert said.isprintable()
    assert r"a\n\x1b[31mb" in said
    said = refusal(tmp_path, '[alerts]\nwebhook = "ftp://secret:token@chat.example"\n')
    assert said is not None
    assert "secret" not in said


@examples("text, said")
def test_the_command_guesses_names_too(tmp_path: Path, capsys: Said, text: str, said: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    words = ("make", "nothing.txt", "-o", "a.pdf", f"--config={tmp_path / FILE_NAME}")
    assert run(words) == WRONG_USE
    assert said in capsys.readouterr().err


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
        keys = value if isinstance(value, dict) else [""]
        changes = {f"{name}.{key}".rstrip("."): "x" for key in keys}
        assert is_same(parse(edited(text, changes)), changed(values, changes))
