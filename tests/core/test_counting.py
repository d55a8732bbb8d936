import re
from pathlib import Path

from briefing.core.messages import counted
from tests.examples import examples

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
