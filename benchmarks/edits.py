"""Edits of known kinds, put into stored texts: how many of them readers would hear of.

``python -m benchmarks.edits FILE...`` reads documents (``.jsonl.gz``). Rules were made on one half
of them, and the other half reports; ``--tune`` measures the first half, ``--show KIND`` prints the
edits that were taken wrongly.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from gzip import open as open_gzip
from pathlib import Path
from random import Random
from types import MappingProxyType
from zlib import crc32

from briefing.core.model import CorrectionKind, Document, Sentence
from briefing.core.text.corrections import Comparison, compare
from briefing.core.text.segment import segment

#: Returns the sentence as edited; None if it has nothing to edit so.
Edit = Callable[[str, "Setting"], str | None]

#: Sentences of an article that count as printed, and edits of one kind in one article.
_PRINTED, _EACH = 10, 2
#: A sentence with fewer words says too little to be printed.
_LEAST = 8


@dataclass(frozen=True, slots=True)
class Setting:
    """Where an edit is made."""

    chance: Random
    #: Names of other articles, one word or two.
    names: Sequence[str]


def _swap(pattern: str, make: Callable[[re.Match[str], Setting], str]) -> Edit:
    expression = re.compile(pattern)

    def edit(text: str, setting: Setting) -> str | None:
        places = list(expression.finditer(text))
        if not places:
            return None
        place = setting.chance.choice(places)
        return text[: place.start()] + make(place, setting) + text[place.end() :]

    return edit


def _pairs(pairs: Mapping[str, str]) -> Edit:
    both = {**pairs, **{right: left for left, right in pairs.items()}}
    words = "|".join(sorted(map(re.escape, both), key=len, reverse=True))
    return _swap(rf"\b(?:{words})\b", lambda place, _: both[place[0]])


def _typo(place: re.Match[str], setting: Setting) -> str:
    word = place[0]
    at = setting.chance.randrange(1, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _curl(text: str, _setting: Setting) -> str | None:
    curled = re.sub(r'"([^"]*)"', "\u201c\\1\u201d", text).replace("'", "\u2019")
    straight = text.replace("\u201c", '"').replace("\u201d", '"').replace("\u2019", "'")
    return next((other for other in (curled, straight) if other != text), None)


def _front(text: str, _setting: Setting) -> str | None:
    """Put the day of a sentence first: "The council met on Tuesday" becomes "On Tuesday, the"."""
    days = "Mon|Tues|Wednes|Thurs|Fri|Satur|Sun"
    when = re.search(rf" on ((?:{days})day)(?=[.,;]? |[.]$)", text)
    if when is None or not re.match(r"(?:The|A|An|He|She|It|They) ", text):
        return None
    rest = text[: when.start()] + text[when.end() :]
    return f"On {when[1]}, {rest[0].lower()}{rest[1:]}"


def _number(place: re.Match[str], setting: Setting) -> str:
    digits = place[0]
    while True:
        at = setting.chance.randrange(len(digits))
        new = setting.chance.choice("123456789")
        if digits[at].isdigit() and digits[at] != new:
            return digits[:at] + new + digits[at + 1 :]


def _another(names: Sequence[str]) -> Callable[[re.Match[str], Setting], str]:
    def make(place: re.Match[str], setting: Setting) -> str:
        return setting.chance.choice([name for name in names if name != place[0]])

    return make


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "June", "July", "August", "September")
_NUMERALS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve")
_SPELLINGS = {
    "labor": "labour",
    "defense": "defence",
    "center": "centre",
    "program": "programme",
    "organization": "organisation",
    "analyze": "analyse",
    "color": "colour",
    "traveled": "travelled",
    "favor": "favour",
    "theater": "theatre",
    "canceled": "cancelled",
    "recognize": "recognise",
    "honor": "honour",
    "adviser": "advisor",
    "gray": "grey",
    "percent": "per cent",
    "harbor": "harbour",
    "neighbor": "neighbour",
}
_CONTRACTED = {
    "do not": "don\u2019t",
    "did not": "didn\u2019t",
    "is not": "isn\u2019t",
    "was not": "wasn\u2019t",
    "cannot": "can\u2019t",
    "would not": "wouldn\u2019t",
    "it is": "it\u2019s",
    "we are": "we\u2019re",
    "have not": "haven\u2019t",
}
_OPPOSITE = {
    "rose": "fell",
    "increased": "decreased",
    "gained": "lost",
    "approved": "rejected",
    "won": "lost",
    "opened": "closed",
    "above": "below",
    "more than": "less than",
    "higher": "lower",
    "before": "after",
    "all": "some",
    "first": "last",
    "alive": "dead",
    "supports": "opposes",
    "supported": "opposed",
    "accepted": "refused",
}

#: What says the same: no reader needs to hear of it.
COSMETIC: Mapping[str, Edit] = MappingProxyType(
    {
        "typing error": _swap(r"\b[a-z]{6,}\b", _typo),
        "spelling": _pairs(_SPELLINGS),
        "contraction": _pairs(_CONTRACTED),
        "comma": _swap(r", (?=[a-z])", lambda _place, _: " "),
        "semicolon": _swap(r"(?<=[a-z]), (?=[a-z])", lambda _place, _: "; "),
        "dash": _swap(r" [\u2013\u2014-] |--", lambda _place, _: " \u2014 "),
        "quotes": _curl,
        "spacing": _swap(
            " ", lambda _place, setting: setting.chance.choice(("  ", "\u00a0", "\n"))
        ),
        "case": _swap(
            r"(?<=[a-z,] )[Pp]resident|[Gg]overnment|[Cc]ongress|[Mm]inister|[Ss]tate\b",
            lambda place, _: place[0].swapcase()[0] + place[0][1:],
        ),
        "hyphen": _swap(r"(?<=[a-z]{3})-(?=[a-z]{3})", lambda _place, _: " "),
        "point": _swap(r"\b(?:Mr|Mrs|Ms|Dr|Gen|Sen|Rep|Gov)\.", lambda place, _: place[0][:-1]),
        "thousands": _swap(
            r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![,.]?\d)", lambda place, _: place[0].replace(",", "")
        ),
        "that": _swap(r"(?<=\bsaid )that (?=the|he|she|it|they)", lambda _place, _: ""),
        "order of saying": _swap(
            r"(?<=[,\u201d\"] )(?P<who>[A-Z][a-z]+) said(?=[.,]| on)",
            lambda place, _: f"said {place['who']}",
        ),
        "order of day": _front,
        "a sentence more": lambda text, _: f"{text} The report was updated with more details.",
    }
)
#: What is no longer so.
SUBSTANCE: Mapping[str, Edit] = MappingProxyType(
    {
        "number": _swap(r"(?<![\w.,])\d[\d,.]*\d|(?<![\w.,])\d(?![\w.,])", _number),
        "numeral": _swap(rf"\b(?:{'|'.join(_NUMERALS)})\b", _another(_NUMERALS)),
        "unit": _pairs({"million": "billion", "percent": "percentage points", "miles": "meters"}),
        "day": _swap(rf"\b(?:{'|'.join(_DAYS)})\b", _another(_DAYS)),
        "month": _swap(rf"\b(?:{'|'.join(_MONTHS)})\b", _another(_MONTHS)),
        "name": _swap(
            r"(?<=[a-z,] )[A-Z][a-z]{3,}(?= (?:said|has|had|was|is|will|and|in|to|told)\b)",
            lambda place, setting: _another(setting.names)(place, setting),
        ),
        "negation": _swap(
            r"\b(was|were|is|are|has|have|had|will|would|did|could|should)(?! not|n.t)(?= [a-z])",
            lambda place, _: f"{place[0]} not",
        ),
        "no negation": _swap(r"(?<=\w) not(?= [a-z])", lambda _place, _: ""),
        "attribution": _swap(
            r"\b(?:police|officials|the White House|prosecutors|a spokesman|the ministry)"
            r"(?= (?:said|told|confirmed|announced)\b)|(?<=according to )(?:police|officials)",
            lambda _place, setting: setting.chance.choice(("witnesses", "relatives", "the union")),
        ),
        "who said it": _swap(
            r"(?<=[,\u201d\"] )[A-Z][a-z]+(?= said\b)",
            lambda place, setting: _another(setting.names)(place, setting),
        ),
        "certainty": _swap(
            r"\b(?P<will>will)\b(?! not)|\b(?P<said>confirmed)\b",
            lambda place, _: "may" if place["will"] else "denied",
        ),
        "opposite": _pairs(_OPPOSITE),
        "sentence dropped": lambda _text, _setting: "",
    }
)


@dataclass(frozen=True, slots=True)
class Edited:
    """One edit in one report, and what was made of it."""

    kind: str
    old: str
    new: str
    outcome: CorrectionKind | None

    @property
    def is_told(self) -> bool:
        """Whether readers would hear of it."""
        return self.outcome is not None


def edits_in(
    documents: Sequence[Document], kinds: Mapping[str, Edit], *, seed: int
) -> Iterator[Edited]:
    """Yield one edit at a time, each in its report as it was."""
    names = sorted(_names(documents))
    for document in documents:
        setting = Setting(Random(seed ^ crc32(document.text.encode())), names)  # noqa: S311
        sentences = [
            each
            for each in segment(document)[:_PRINTED]
            # what stands twice, as the caption of a picture, is still there when one is edited
            if len(each.text.split()) >= _LEAST and document.text.count(each.text) == 1
        ]
        for kind, edit in kinds.items():
            made = 0
            for sentence in setting.chance.sample(sentences, len(sentences)):
                new = edit(sentence.text, setting)
                if made < _EACH and new is not None and new != sentence.text:
                    made += 1
                    yield Edited(kind, sentence.text, new, _judge(document, sentence, new).outcome)


def _judge(document: Document, sentence: Sentence, new: str) -> Comparison:
    text = document.text[: sentence.start] + new + document.text[sentence.end :]
    now = Document(f"{document.id}~2", document.title, text)
    (comparison,) = compare([sentence], was=document, now=now)
    return comparison


def _names(documents: Sequence[Document]) -> set[str]:
    counted: Counter[str] = Counter()
    for document in documents:
        counted.update(set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b", document.text)))
    common = {*_DAYS, *_MONTHS, "President", "Minister", "Senator"}
    return {name for name, number in counted.most_common(200) if number > 1} - common


def read(paths: Sequence[Path], *, tune: bool) -> list[Document]:
    """Read one half of the documents of some files."""
    expression = []
    for path in paths:
        with open_gzip(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                each = json.loads(line)
                if (crc32(each["text"].encode()) % 2 == 0) is tune:
                    expression.append(Document(each["id"], each.get("title") or "", each["text"]))
    return expression


def table(edited: Sequence[Edited]) -> dict[str, tuple[int, int]]:
    """Return for each kind how many edits were told, and how many there were."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for each in edited:
        counts[each.kind][0] += each.is_told
        counts[each.kind][1] += 1
    return {kind: (is_told, of) for kind, (is_told, of) in counts.items()}


def main() -> None:
    """Print what is told of each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--tune", action="store_true", help="the half that rules are made on")
    parser.add_argument("--show", default="", help="print the edits of a kind taken wrongly")
    asked = parser.parse_args()
    documents = read(asked.files, tune=asked.tune)
    for title, kinds, wanted in (
        ("cosmetic, told", COSMETIC, False),
        ("of substance, told", SUBSTANCE, True),
    ):
        edited = list(edits_in(documents, kinds, seed=20260312))
        for each in edited:
            if each.kind == asked.show and each.is_told is not wanted:
                print(f"- {each.outcome}\n  {each.old}\n  {each.new}")
        for kind, (is_told, of) in table(edited).items():
            print(f"{kind:20} {is_told:5} of {of:5}  {is_told / of:.3f}")
        is_told = sum(each.is_told for each in edited)
        print(f"{title:20} {is_told:5} of {len(edited):5}  {is_told / max(1, len(edited)):.4f}\n")


if __name__ == "__main__":
    main()
