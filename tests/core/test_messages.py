import pickle
import re
from datetime import date
from pathlib import Path

from briefing.core.messages import Translatable, counted, numbered
from tests.examples import examples


def test_a_message_is_its_english_and_counts() -> None:
    assert Translatable("Nothing has changed.") == "Nothing has changed."
    assert (
        Translatable('address must not contain "{secret}"') == 'address must not contain "{secret}"'
    )
    about = Translatable("Withdraw the edition of {day}", day=date(2026, 3, 12))
    assert about == "Withdraw the edition of Thursday 12 March 2026"
    assert Translatable("more than {n} sentences", n=2000) == "more than 2,000 sentences"
    assert Translatable("{first}; {second}", first=about, second="x").values["first"] is about
    one, many = (
        numbered("{n} mail of {day}", "{n} mails of {day}", n, day="today") for n in (1, 1200)
    )
    assert (one, many) == ("1 mail of today", "1,200 mails of today")
    assert (many.template, many.plural) == ("{n} mail of {day}", "{n} mails of {day}")
    assert many.values == {"n": 1200, "day": "today"}


def test_a_message_goes_to_another_process_with_what_it_was_made_of() -> None:
    message = numbered("{n} mail", "{n} mails", 2)
    again = pickle.loads(pickle.dumps(message))  # noqa: S301  our own
    assert again == message
    assert (again.template, again.plural, again.values) == ("{n} mail", "{n} mails", {"n": 2})


ROOT = Path(__file__).parents[2]
#: A count that is put before a plural whatever it is: "{len(found)} sources".
BY_HAND = re.compile(
    r"\{(?:len\(\w+(?:\.\w+)*\)|number|count|total|\w+(?:\.\w+)*\.(?:documents|stories|sentences\w*))"
    r"(?::,)?\} (?:documents|stories|sentences|reports|sources|mails|deliveries|readers|texts)\b"
)
#: What tells where a noun is put into the plural by an ending, or mended afterwards.
ENDING = re.compile(r"""== 1 else ["']s["']|\.replace\(["']\w+(?:ys|sss)["']""")
#: Where the number is never 1: of pins, there are more than a page holds; of sources that fail,
#: one is named; of mails that fail in a row, as many as a limit says.
NEVER_ONE = {"shortlist.py": 1, "today.py": 1, "worker.py": 1}


@examples("number, noun, words")
def test_a_noun_stands_in_the_number_that_is_counted(number: int, noun: str, words: str) -> None:
    assert counted(number, noun) == words


def test_no_message_writes_a_plural_by_hand() -> None:
    for path in sorted((ROOT / "briefing").rglob("*.py")):
        text = path.read_text()
        by_hand = BY_HAND.findall(text)
        assert len(by_hand) <= NEVER_ONE.get(path.name, 0), f"{path}: {by_hand}"
        assert not ENDING.search(text), path
    assert BY_HAND.search('f"nothing to print: {ledger.documents} documents"')
    assert BY_HAND.search('f"{len(found)} sources do not answer"')
    assert ENDING.search("f\"{number:,} source{'' if number == 1 else 's'}\"")
    assert ENDING.search('counted(1, "delivery").replace("deliverys", "deliveries")')
