"""English words that carry facts, each with the key that all its spellings share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType


def _each(groups: Mapping[str, str]) -> Mapping[str, str]:
    """Return the key of each word; groups are words separated by spaces."""
    return MappingProxyType({word: key for key, words in groups.items() for word in words.split()})


def _counted(words: Iterable[str], start: int = 0, step: int = 1) -> dict[str, Decimal]:
    return {word: Decimal(start + step * place) for place, word in enumerate(words)}


_UNITS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_TEENS = "thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
#: Number words that stand for themselves.
NUMERALS: Mapping[str, Decimal] = MappingProxyType(
    _counted(_UNITS) | _counted(_TEENS, 13) | _counted(_TENS, 20, 10) | {"half": Decimal("0.5")}
)
#: A smaller number after these belongs to the same number: "twenty-one".
TENS: frozenset[str] = frozenset(_TENS)
#: Multipliers of the number before them; those of one or two letters only if adjacent.
MULTIPLES: Mapping[str, Decimal] = MappingProxyType(
    {
        "dozen": Decimal(12),
        "hundred": Decimal(100),
        **dict.fromkeys(("k", "thousand"), Decimal(1_000)),
        **dict.fromkeys(("m", "mn", "mln", "million"), Decimal(1_000_000)),
        **dict.fromkeys(("bn", "bln", "billion"), Decimal(1_000_000_000)),
        **dict.fromkeys(("tn", "trn", "trillion"), Decimal(1_000_000_000_000)),
    }
)
#: Between the parts of a number: "two hundred and five".
AGAIN: frozenset[str] = frozenset({"and"})
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
)
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
ORDINALS: Mapping[str, str] = MappingProxyType(
    {word: f"{place}{_ENDINGS.get(place, 'th')}" for place, word in enumerate(_ORDINALS, start=1)}
    | {"thirds": "3rd", "fourths": "4th", "fifths": "5th", "sixths": "6th", "tenths": "10th"}
)

#: Units; another unit is another fact.
UNITS: Mapping[str, str] = _each(
    {
        "percent": "percent % pct",
        "percentage": "percentage",
        "basis": "basis",
        "usd": "$ usd dollar dollars",
        "eur": "\u20ac eur euro euros",
        "gbp": "\xa3 gbp pound pounds sterling",
        "yen": "\xa5 jpy yen",
        "won": "\u20a9 krw",
        "inr": "\u20b9 inr rupee rupees",
        "cent": "cent cents",
        "km": "km kms kilometer kilometers kilometre kilometres",
        "meter": "meter meters metre metres",
        "cm": "cm centimeter centimeters centimetre centimetres",
        "mile": "mile miles",
        "foot": "ft foot feet",
        "kg": "kg kgs kilogram kilograms kilogramme kilogrammes",
        "tonne": "tonne tonnes",
        "ton": "ton tons",
        "liter": "liter liters litre litres",
        "barrel": "barrel barrels",
        "hectare": "hectare hectares ha",
        "acre": "acre acres",
        "mw": "mw megawatt megawatts",
        "gw": "gw gigawatt gigawatts",
        "am": "am",
        "pm": "pm",
        "hour": "hour hours",
        "minute": "minute minutes",
        "second": "seconds",
        "day": "day days",
        "week": "week weeks",
        "month": "month months",
        "year": "year years",
        "decade": "decade decades",
        "quarter": "quarter quarters",
    }
)
WEEKDAYS: Mapping[str, str] = _each(
    {
        "monday": "monday mon",
        "tuesday": "tuesday tue tues",
        "wednesday": "wednesday wed",
        "thursday": "thursday thu thur thurs",
        "friday": "friday fri",
        "saturday": "saturday sat",
        "sunday": "sunday sun",
    }
)
MONTHS: Mapping[str, str] = _each(
    {
        "january": "january jan",
        "february": "february feb",
        "march": "march mar",
        "april": "april apr",
        "may month": "may",
        "june": "june jun",
        "july": "july jul",
        "august": "august aug",
        "september": "september sep sept",
        "october": "october oct",
        "november": "november nov",
        "december": "december dec",
    }
)

#: Words that change the meaning of a sentence when added or dropped.
TURNING: Mapping[str, str] = _each(
    {
        # negation
        "not": "not",
        "no": "no none nobody nothing",
        "never": "never",
        "neither": "neither nor",
        "without": "without",
        "hardly": "hardly barely scarcely",
        "deny": "deny denies denied denying denial",
        "refuse": "refuse refuses refused refusing refusal",
        "fail": "fail fails failed failing failure",
        "reject": "reject rejects rejected rejecting rejection",
        # modality
        "will": "will shall",
        "would": "would",
        "may": "may",
        "might": "might",
        "can": "can",
        "could": "could",
        "should": "should ought",
        "must": "must",
        "likely": "likely probably",
        "unlikely": "unlikely improbable",
        "possibly": "possibly perhaps maybe potentially",
        "plan": "plan plans planned planning",
        "intend": "intend intends intended intending intention",
        "expect": "expect expects expected expecting",
        "threaten": "threaten threatens threatened threatening",
        "try": "try tries tried trying attempt attempts attempted attempting",
        "seek": "seek seeks sought seeking",
        "consider": "consider considers considered considering",
        "propose": "propose proposes proposed proposing proposal",
        # doubt and attribution
        "alleged": "allege alleges alleged allegedly alleging allegation allegations",
        "reportedly": "reportedly",
        "apparently": "apparently seemingly",
        "supposedly": "supposedly purportedly purported ostensibly",
        "suspect": "suspect suspects suspected suspicion",
        "accuse": "accuse accuses accused accusing accusation accusations",
        "claim": "claim claims claimed claiming",
        "believe": "believe believes believed",
        # how much
        "all": "all every everyone everybody",
        "some": "some several",
        "most": "most mostly",
        "few": "few",
        "fewer": "fewer less",
        "more": "more",
        "least": "least",
        "only": "only",
        "nearly": "nearly almost",
        "both": "both",
        # person, time and direction in function words
        "former": "former formerly ex",
        "acting": "acting interim caretaker",
        "deputy": "deputy vice",
        "he": "he him his himself",
        "she": "she her hers herself",
        "or": "or",
        "against": "against",
        "before": "before",
        "after": "after",
        "until": "until till",
        "above": "above",
        "below": "below",
        "under": "under",
        "up": "up",
        "down": "down",
        "today": "today",
        "yesterday": "yesterday",
        "tomorrow": "tomorrow",
        "tonight": "tonight",
        "last": "last",
        "next": "next",
        "ago": "ago",
    }
)
#: Verbs of attribution, all equivalent.
SAYING: frozenset[str] = frozenset(
    "say says said saying tell tells told telling stated announced announces declared declares "
    "according".split()
)
#: Before a number: words of approximation (no key), or synonyms of another word.
APPROXIMATE: Mapping[str, str] = MappingProxyType(
    {
        "some": "",
        "about": "",
        "around": "",
        "roughly": "",
        "approximately": "",
        "circa": "",
        "over": "more",
    }
)
CONTRACTED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "won't": ("will", "not"),
        "can't": ("can", "not"),
        "cannot": ("can", "not"),
        "shan't": ("will", "not"),
        "ain't": ("not",),
        "it'll": ("will",),
        "he'll": ("he", "will"),
        "she'll": ("she", "will"),
        "they'll": ("will",),
        "we'll": ("will",),
        "i'll": ("will",),
        "you'll": ("will",),
    }
)

#: Stems of interchangeable plain words.
ALIKE: Mapping[str, str] = _each(
    {
        "large": "big larg huge",
        "begin": "begin began start commenc",
        "buy": "purchas",
        "journalist": "journalist report",
        "help": "help aid assist",
        "show": "show indic",
        "company": "compani firm",
        "child": "child children kid",
        "person": "person peopl",
        "end": "end finish conclud",
        "vehicle": "car vehicl automobil",
        "get": "get got receiv obtain",
        "also": "also addit moreov",
        "fast": "fast quick rapid",
        "house": "hous home",
    }
)
#: Pairs of real words with different meanings that a typing error could confuse.
CONFUSED: frozenset[frozenset[str]] = frozenset(
    frozenset(pair.split())
    for pair in (
        "bought brought", "causal casual", "martial marital", "trial trail", "united untied",
        "immigrants emigrants", "immigration emigration", "prosecuted persecuted", "import export",
        "imports exports", "million billion", "adopt adapt", "adopted adapted", "affect effect",
        "desert dessert", "angel angle", "costal coastal", "complement compliment", "loose lose",
        "statue statute", "perspective prospective", "averse adverse", "averted diverted",
        "reported deported", "inflation deflation", "increase decrease", "increased decreased",
    )
)  # fmt: skip
