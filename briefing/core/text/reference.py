"""Decides whether a sentence, printed on its own, opens with an unresolved reference."""

from __future__ import annotations

import re

from briefing.core.model import Sentence
from briefing.core.text.finders.clauses import CALENDAR
from briefing.core.text.places import PLACES
from briefing.core.text.words import STOP_WORDS, stem

#: Characters of a sentence that are read: for its opening, and for its speaker. Of the
#: sentences of eight news days 99.9 % are shorter than the latter; the bounds keep time linear.
_HEAD, _LONGEST = 400, 900

_SPEECH = (
    r"(?:said|says|told|added|adds|warned|wrote|stated|declared|argued|insisted|explained|noted|"
    r"testified|stressed|tweeted|concluded|continued|recalled|acknowledged|replied|asked|claimed|"
    r"responded|emphasi[sz]ed|remarked|suggested|joked|predicted|pledged|asks|finds|found|reads|"
    r"started)"
)

#: Words that refer to earlier text wherever they open a sentence.
_PRONOUN = re.compile(
    r"(?:He|She|They|We|I|My|His|Her|Hers|Him|Their|Theirs|Them|Its|Our|Ours|Which|Whose|Whom|"
    r"Others?(?! than)|Such|Neither(?! [^,.]{1,60} nor\b)|Either(?! [^,.]{1,60} or\b)|"
    r"Both(?! [^,.]{1,60} and\b)|Another|Hence|Thus|Therefore|So(?! far)|Then|Yet|Nor|Or|But|And|"
    r"Also|Plus|Meanwhile|Moreover|Furthermore|However(?=,)|Nevertheless|Nonetheless|Still(?=,)|"
    r"Instead(?! of\b)|Besides(?=,)|Otherwise|Similarly|Likewise|Conversely|Consequently|"
    r"Accordingly|Additionally|Elsewhere|Indeed|Alternatively|Afterwards?|Thereafter|"
    r"Regardless(?! of\b)|Finally(?=,)|Second(?=,)|Third(?=,)|Secondly|Thirdly|Lastly|"
    r"Overall(?=,)|Worse(?=,)|Perhaps|Except|Too|Though(?=,)|Earlier(?=,)|"
    r"Later(?=,)|Ditto|Same|Because of (?:this|that))(?=[\s,’':])"
)
#: Names that begin like a pronoun: He Lifeng, She Yan.
_NOT_PRONOUN = re.compile(r"(?:He|She|So|Her) [A-Z][a-z]+(?: [a-z]|,|’s|'s)")
#: Expletive "it": the sentence itself says what it stands for.
_EXPLETIVE = re.compile(
    r"It (?:did|does) not (?:help|matter) |It will be (?:another |a |\w+ )?(?:day|week|month|"
    r"year)s? "
    r"|It(?:’s|'s| (?:is|was|will be|would be|has been|remains|remained|seems|appears|took|takes|"
    r"had been|became|may be|might be|could be))"
    r"(?: (?:not|still|also|now|only|too|so|very|far|yet|no|a|an|the|likely|first|immediately))*"
    r"(?: [\w’'-]+){0,3} (?:that|whether|how|why|what|when|who|if|to|since|until|for)\b"
    r"|It (?:is|was|remains|seems|seemed) (?:not )?(?:immediately )?(?:un)?(?:clear|known|certain|"
    r"likely|possible)\b"
)
#: "This week", "those who": the words after resolve the reference.
_THIS = re.compile(
    r"(?:This|That|These|Those|It)(?![\w-])"
    r"(?!(?: past| coming)? (?:week|month|year|morning|afternoon|evening|weekend|summer|autumn|"
    r"fall|winter|spring|time)\b(?![’']s)| (?:who|whose|with|of us|in favor|without)\b)"
)
#: Openings of several words that point back.
_OPENING = re.compile(
    r"(?:In (?:(?:addition|contrast|response|return)(?! (?:to|for|with))|turn|fact|short|"
    r"other words|particular|this|that|these|those|doing so|it|them|the same|the meantime|"
    r"the process|the past two)"
    r"|For (?:example|instance|this|that|these|those|him|her|them|it|one thing|his part|her part|"
    r"their part)"
    r"|At (?:the same time|that time|the time|that point|this point|one point|least one of (?:them|"
    r"those))"
    r"|As (?:a result|such|a consequence|for|he|she|they|it)\b"
    r"|On (?:the other hand|the contrary|that|this|it|top of (?:that|this|it)|the same day)"
    r"|By (?:contrast|then|that|this|comparison|doing so|the same token)"
    r"|After (?:that|this|those|these|which|he|she|they|it|his|her|their|all)"
    r"|(?:Since|Until|Before|From) (?:then|that|this|there|it)"
    r"|(?:Among|Of|With|Despite|Under|About|Like|Unlike|Against|Between|Within|Through|Behind|"
    r"Given|Following|During|Beyond|Without|To|Amid|Because of|Besides|Over) "
    r"(?:them|these|this|that|it|him|her|the two|the pair|the latter|the former|its"
    r"|those(?! (?:who|with|of|in|present)))"
    r"|(?:Some|Many|Most|All|None|Each|Several|Few|One|Two|Three|Half|Both|Neither|Any|Much|Part) "
    r"of (?:them|these|those(?! (?:who|with|in|present))|this|that|it|the two|its|his|her|their)"
    r"|(?:The|That) (?:same|very same|former|latter|pair|two|three|duo|trio|couple|others?|rest|"
    r"remaining|following|above|reason|result|answer|upshot|idea|problem|trouble|difference)"
    r"|(?:A|One|Two|Three|Several|Some) (?:day|week|month|year|hour|minute|moment)s? (?:later|"
    r"earlier|before)"
    r"|(?:Hours|Days|Weeks|Months|Years|Minutes|Moments|Shortly|Soon|Immediately|Not long) "
    r"(?:later|earlier|afterwards?|thereafter|after (?:that|this))"
    r"|That (?:said|is why|way)|Even (?:so|then|he|she|they|though he|though she)|Of course|"
    r"To be sure"
    r"|To (?:do so|that end|this end|make matters worse)|Not only (?:that|he|she|they|did)"
    r"|The (?:new|old|first|second|other|last|next|previous|only) one|The [a-z]+ then"
    r"|[A-Z][a-z]+ing (?:(?:from|to|on|in|at|with|for|toward) )?(?:it|this|that|them|him|her)"
    r"|[^,]{2,40}, (?:meanwhile|however|too|for (?:his|her|its|their) part|in turn|"
    r"by contrast)(?=,)"
    r"|Here(?:’s|'s| is| are)|There(?:’s|'s) (?:also|another)|No other|Nothing of the kind"
    r"|What(?:’s|'s) more|More than that|Just as|If so|If not|Once there)(?!\w)"
)
#: Nouns that, after "the", sum up earlier text; resolved if the word occurs above.
_EVENTS = (
    r"move|decision|announcement|comments?|remarks|statements?|incident|news|development|findings?|"
    r"allegations?|accusations?|proposals?|measures?|plans?|deal|figures?|agreement|attacks?|"
    r"ruling|reports?|study|survey|poll|changes?|charges?|claims?|warning|request|exercises?|"
    r"friction|timing|increase|decrease|decline|rise|drop|result|results|visit|trip|meeting|talks|"
    r"summit|strike|bill|law|measure|legislation|order|letter|memo|video|case|lawsuit|suit|offer|"
    r"transaction|acquisition|merger|sale|purchase|program|programme|project|policy|approach|"
    r"system|site|website|rules?|regulations?|event|crash|blast|explosion|shooting|protests?|"
    r"vote|amendment|resolution|treaty|accord|pact|investigation|inquiry|probe|document|tweet|"
    r"message|call|interview|speech|situation|issue|question|problem|process|effort|campaign|"
    r"company|firm|group|agency|ministry|bank|spokes(?:man|woman|person)|officials?|senator|"
    r"congress(?:man|woman)|lawmakers?|suspects?|victims?|man|woman|men|women|officers?|judge|"
    r"court|panel|committee|team|union|department|organi[sz]ation|institute|newspaper|authors?|"
    r"researchers?|analysts?|groups?|companies|sources?|trade|unit|venture|partnership|stock|"
    r"shares|dividend|offering|notes|bonds|issue|amount|total|sum|number|rate|price|money|funds"
)
_THE = re.compile(
    rf"The (?:(?:(?![\w’'-]+s )[\w’'-]+ ){{0,2}}?)(?P<noun>{_EVENTS})(?![\w-])"
    r"(?! (?:of|for|to|in|on|by|against|between|from|at|with|over|that|who|which|about|into) )"
)
#: "Lee stressed": one capitalized word and a verb of speech, or a genitive.
_BARE = re.compile(
    rf"(?:(?:Mr|Mrs|Ms|Dr)\.? )?(?P<name>[A-Z][\w-]*[a-z][\w-]*)"
    rf"(?:, [^,]{{1,80}},)? (?:also |then |later |has |had )?{_SPEECH}\b"
)
#: Words that look like a bare last name but need no first name: groups, states, capitals, firms.
_SPEAKS_ALONE = re.compile(
    r"(?:[A-Z]+|[A-Z][a-z]+(?:ists|ians|icans|crats|ants|nments|ities|utors|ators|alysts)|"
    r"Officials|Experts|Critics|Officers|Lawmakers|Traders|Dealers|Bankers|Insurers|Leaders|"
    r"Workers|Voters|Lawyers|Brokers|Observers|Researchers|Ministers|Organi[sz]ers|Farmers|"
    r"Drivers|Employers|Teachers|Sources|Witnesses|Residents|Doctors|Investors|Advisers|Aides|"
    r"Diplomats|Rescuers|Companies|Dockworkers|Police|Congress|Parliament|Government|Reuters|"
    r"Bloomberg|Hamas|Hezbollah|Nato|Opec|Google|Apple|Amazon|Microsoft|Boeing|Facebook|Twitter|"
    r"Someone|Everyone|Nobody|One)$"
)
_NAME = re.compile(r"(?<![\w’'-])[A-Z][\w-]*[a-z][\w-]*|(?<![\w’'-])[A-Z]{2,}(?![\w-])")
_HE_SAID = re.compile(
    rf"\b(?:he|she|they|it) (?:also |then )?{_SPEECH}\b(?=[,.:;]| (?:\w+ ){{0,4}}\w+[.]?$|$)"
    rf"|\b{_SPEECH} (?:he|she|they)(?=[,.]|$)"
)
#: "On Friday, they will": a pronoun as subject after an introduction without a name.
_LATE_HE = re.compile(r"(?P<before>[A-Z][a-z]+ [^,.;“”\"]{2,120}, )(?:he|she|they)(?![\w-])")
#: The first pronoun for a person, with what stands before it.
_FIRST_HE = re.compile(r"(?P<before>[^“”\"]{1,120}?)\b(?:he|she|his|her|him)\b")
#: Possible antecedents of such a pronoun, named or not.
_ANTECEDENT = re.compile(
    r"\b(?:[Tt]he|[Aa]n?|[Ee]very|[Ee]ach|[Nn]o|[Aa]ny|who|one|own|my|whose)\b"
)
#: A person after the introduction, to whom "his" may refer ahead.
_PERSON_NEXT = re.compile(
    r", (?:though, )?(?:the |"
    r"former )?(?P<name>[A-Z][\w.-]+(?: [A-Z][\w.-]+){0,4})(?P<genitive>[’']s)?"
)
#: "the president said": an office counts as a speaker.
_OFFICE_SAID = re.compile(
    rf"\b(?:the|an?|one) [^,.]{{2,60}} {_SPEECH}\b|\b{_SPEECH} (?:the|an?|one) "
)
#: "…," said Lee.   and   "…," Lee said.
_SAID_BARE = re.compile(rf"{_SPEECH} (?P<name>[A-Z][\w-]+)(?=[,.;]|$)")
_BARE_SAID = re.compile(rf"\W{{0,3}}(?P<name>[A-Z][\w-]+) {_SPEECH}\b")
#: Double quotation marks; single ones are apostrophes too.
MARKS = ("“", "”", '"')


def opens_unresolved(
    sentence: Sentence, *, before: Sentence | None = None, context: str = ""
) -> bool:
    """Tell whether the opening of a printed sentence leaves "who?" or "what?" unanswered.

    Args:
        sentence: the one to be printed.
        before: the sentence printed directly before it. If it is also directly before it in the
            source, every reference is resolved.
        context: headline and sentences printed above; names and nouns in it count as known.
    """
    if before is not None and _follows(sentence, before):
        return False
    text = sentence.text.strip()
    head = text[:_HEAD]
    return (
        _is_torn(text)
        or _points_back(head, context)
        or _sums_up(head, context)
        or _names_barely(head, context)
        or _speaks_unnamed(text[:_LONGEST], context)
    )


def _follows(sentence: Sentence, before: Sentence) -> bool:
    return sentence.document == before.document and sentence.index == before.index + 1


def _is_torn(text: str) -> bool:
    """Tell whether a quotation begins or ends outside the sentence."""
    return text.count("“") != text.count("”") or text.count('"') % 2 == 1


def _points_back(head: str, context: str) -> bool:
    """Tell whether the first words are a pronoun or a connective to earlier text."""
    bare = head.lstrip("-–—•([ ")
    if _PRONOUN.match(bare):
        return not _NOT_PRONOUN.match(bare)
    if _THIS.match(bare):
        return not _EXPLETIVE.match(bare)
    return bool(_OPENING.match(bare)) or _means_nobody(bare, context)


def _means_nobody(bare: str, context: str) -> bool:
    """Tell whether "he", "his" or "they" comes before any possible antecedent."""
    late = _LATE_HE.match(bare)
    if late and not _names_somebody(late["before"]):
        return True
    he = _FIRST_HE.match(bare)
    if he is None or _names_somebody(he["before"]) or _ANTECEDENT.search(he["before"]):
        return False
    person = _PERSON_NEXT.search(bare, he.end("before"), he.end("before") + 150)
    if person is None:
        return True
    if person["genitive"] is None:
        return False
    return _speaks_alone(person["name"]) or not _knows_person(context, person["name"])


def _speaks_alone(name: str) -> bool:
    return name in PLACES or bool(_SPEAKS_ALONE.match(name))


def _knows_person(context: str, name: str) -> bool:
    """Tell whether a last name is known; a name of two words is as often a country."""
    return " " not in name and _knows(context, name)


def _names_somebody(before: str) -> bool:
    """Tell whether an introduction has a name, ignoring an ordinary first word."""
    first = before.split(maxsplit=1)[0].casefold() if before.strip() else ""
    is_plain = first in STOP_WORDS or first.endswith(("ing", "ed", "s"))
    return any(
        name.group() not in CALENDAR and (name.start() > 0 or not is_plain)
        for name in _NAME.finditer(before)
    )


def _sums_up(head: str, context: str) -> bool:
    """Tell whether the sentence opens with "the" and a noun that does not occur above."""
    match = _THE.match(head)
    if match is None or _NAME.search(match.group(), 3):
        return False
    known = {stem(word) for word in re.findall(r"[a-z]+", context.casefold())}
    return stem(match["noun"].casefold()) not in known


def _names_barely(head: str, context: str) -> bool:
    """Tell whether a person is introduced by a last name that does not occur above."""
    match = _BARE.match(head)
    if match is None or match["name"].casefold() in STOP_WORDS:
        return False
    return not _speaks_alone(match["name"]) and not _knows(context, match["name"])


def _knows(context: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", context, re.IGNORECASE) is not None


def _speaks_unnamed(text: str, context: str) -> bool:
    """Tell whether the speaker of a quotation or a statement is not named."""
    outside = _without_quotations(text)
    match = _HE_SAID.search(outside)
    if match is not None:
        return not _NAME.search(outside, 0 if text[:1] in MARKS else 1, match.start())
    if text[:1] not in MARKS:
        return False
    bare = _SAID_BARE.search(outside) or _BARE_SAID.match(outside)
    if bare is not None:
        return not _speaks_alone(bare["name"]) and not _knows(context, bare["name"])
    return not (_NAME.search(outside) or _OFFICE_SAID.search(outside))


def _without_quotations(text: str) -> str:
    """Return the text outside quotation marks."""
    outside, quoted = [], False
    for character in text:
        if character in MARKS:
            quoted = character == "“" or (character == '"' and not quoted)
            outside.append(" ")
        elif not quoted:
            outside.append(character)
    return re.sub(r" +", " ", "".join(outside)).strip()
