"""What a mistake in the settings is answered with: one plain line, whatever was written."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from briefing.cli import WRONG_USE, run
from briefing.core.errors import SettingsError
from briefing.settings import FILE_NAME, Settings, load
from tests.examples import examples
from tests.small_day import Said

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


def test_whatever_is_written_for_a_setting_the_answer_is_one_plain_line(tmp_path: Path) -> None:
    refused = 0
    for head, key in ALL:
        for value in VALUES:
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
    assert refused > 10 * len(ALL)


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
def test_the_command_guesses_names_too_before_it_reads_anything(
    tmp_path: Path, capsys: Said, text: str, said: str
) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    words = ("make", "nothing.txt", "-o", "a.pdf", f"--config={tmp_path / FILE_NAME}")
    assert run(words) == WRONG_USE
    assert said in capsys.readouterr().err
