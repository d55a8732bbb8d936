"""Words of a text, split and stemmed, and tables of words and patterns by language."""

from __future__ import annotations

import pkgutil
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from Stemmer import Stemmer

#: A word (letters, with inner apostrophes) or a number (digits, with inner points and commas).
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*")

#: Function words of English, from the list inside sumy; read as a file, for the module that gives
#: it out takes 0.4 s to import.
STOP_WORDS = frozenset(
    (pkgutil.get_data("sumy", "data/stopwords/english.txt") or b"").decode().split()
)


def as_written(text: str) -> list[str]:
    """Return words and numbers in order."""
    return _TOKEN.findall(text)


#: For one report, whose words are read for several purposes.
@lru_cache(maxsize=8)
def tokens(text: str) -> tuple[str, ...]:
    """Return words and numbers in order, lower-cased, with straight apostrophes."""
    # All at once is twice as fast; with spaces between, for "Σ" at the end of a word is "ς".
    return tuple(" ".join(as_written(text)).replace("’", "'").lower().split())


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return the stem of a lower-case word.

    References:
        Porter, M. F. (2001), Snowball: a language for stemming algorithms; English stemmer.
    """
    # One of its own for each word: a stemmer shared by threads would give the stem of another word.
    return str(Stemmer("english", 0).stemWord(word.removesuffix("'s")))


def content_stems(text: str) -> list[str]:
    """Return the stems of all words that are not stop words, numbers included, in order."""
    return [stem(token) for token in tokens(text) if token not in STOP_WORDS]


def _starts(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"^[\W_]{{0,5}}(?:{'|'.join(patterns)})", re.IGNORECASE)


def _holds(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


#: Pairs of a lower-case substring, without which the pattern cannot match, and the pattern; the
#: substring is fast to test.
Phrases = tuple[tuple[str, re.Pattern[str]], ...]


def _phrases(*pairs: tuple[str, str]) -> Phrases:
    return tuple((needle, re.compile(pattern, re.IGNORECASE)) for needle, pattern in pairs)


@dataclass(frozen=True, slots=True)
class Wording:
    """Patterns of the rules of one language; another language is another value of this type."""

    #: A line of names after one of these is a byline.
    by: re.Pattern[str]
    byline: re.Pattern[str]
    byline_phrases: Phrases
    #: Introduces the author at the end of a document.
    biography: re.Pattern[str]
    caption: re.Pattern[str]
    caption_phrases: Phrases
    furniture: re.Pattern[str]
    furniture_phrases: Phrases
    table: Phrases
    #: Lower-case words that need no verb beside them: a line of names and these is a heading.
    small_words: frozenset[str]
    #: Lower-case words that may open a sentence because a name opens with them.
    name_openers: frozenset[str]
    #: First person; every match contains one of the words, which are found sooner.
    first_person: re.Pattern[str]
    first_words: re.Pattern[str]
    #: Second person.
    second_person: Phrases
    #: Of whole documents: titles, names of publishers, path segments of URLs.
    opinion_title: re.Pattern[str]
    opinion_publisher: re.Pattern[str]
    opinion_path: frozenset[str]
    opinion_slug: re.Pattern[str]
    #: Near the first or the last words of a text.
    opinion_text: re.Pattern[str]
    live_title: re.Pattern[str]
    live_slug: re.Pattern[str]
    roundup_title: re.Pattern[str]

    def within(self, text: str) -> Wording:
        """Return it with the phrases alone that a text may hold."""
        lowered = text.lower()

        def held(phrases: Phrases) -> Phrases:
            return tuple(pair for pair in phrases if pair[0] in lowered)

        return replace(
            self,
            byline_phrases=held(self.byline_phrases),
            caption_phrases=held(self.caption_phrases),
            furniture_phrases=held(self.furniture_phrases),
            table=held(self.table),
            second_person=held(self.second_person),
        )


_OPINION = (
    r"opinion(?: roundup)?|editorial|op-?ed|column|commentary|comment|letters?(?: to the editor)?"
    r"|(?:book |film |movie |theat(?:er|re) |music |tv )?review|perspective|viewpoint|our view"
    r"|guest (?:essay|column)|essay|analysis and opinion"
)

#: What a row of a table of company results opens with.
_ROW = (
    r"^(?:note:? )?(?:oper |avg |qtly |annual )?(?:shrs?|net|revs|sales|div|dividend|tax|assets"
    r"|pay|record|year|total|turnover|pretax|working costs)\b"
)
#: "… in Port Sarn, Estria June 3, 2020.": a place and a whole date with no word between.
_PLACE_AND_DAY = (
    r"\b(?-i:(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)[A-Z])\w+,? (?:january"
    r"|february|march|april|may|june|july|august|september|october|november|december) \d{1,2}"
)

ENGLISH = Wording(
    by=_starts(r"(?:(?:written|posted|reported|story|analysis) )?by\b"),
    byline=_starts(
        r"(?:additional |with )?(?:reporting|writing|editing|research) (?:by\b|for reuters)",
        r"contribut(?:ing|ors?|ed)\s*(?:by)?:",
        r"compiled by\b",
        r"the (?:writer|author) is\b",
        r"follow (?:\w+ ){0,5}(?:@|on (?:twitter|facebook|instagram|x\b))",
    ),
    byline_phrases=_phrases(
        ("contributed", r"\bcontributed (?:\w+ )?to this (?:report|story|article|post|column)\b"),
        ("contributed", r"\bcontributed (?:reporting )?from\b"),
        ("can be reached", r"\breached (?:at|by|via|on) (?:\S+@|\+?\d|e-?mail|phone|twitter)"),
        ("ing by ", r"\b(?:reporting|editing|writing) by [A-Z][^;.]{2,60}[;)]"),
        (" expressed", r"\b(?:views|opinions) expressed (?:in|here|by the author)\b"),
    ),
    biography=re.compile(
        r"^[^a-z]{0,3}(?:[A-Z][\w.’'-]* ){2,4}(?:is (?:.{0,80} )?\b(?:columnist|contributor"
        r"|correspondent|reporter|writer|editor|author of|fellow|host of|journalist)\b"
        r"|(?:writes|reports) (?:about|on|for|from)\b|covers .{0,60}\bfor\b)"
    ),
    caption=_starts(
        r"(?:file )?(?:photos?|pictures?|images?|photographs?|graphic|illustration|credit"
        r"|chart|video)(?: credit)?(?: by\b|\s*:)",
        r"file\s+[-–—]\s",
        r"file (?:photo|picture|image)\b",
        r"in this (?:\w+\.? \d{1,2},? (?:\d{4},? )?)?(?:\w+ )?(?:photo|image|picture|frame)\b",
        r"pictured\b",
        # The button of a video, and with it what stands below the video.
        r"(?-i:CLOSE )(?=[\"“‘'(]?(?-i:[A-Z]))",
        r"\(?(?:photos|video|watch|gallery|slideshow)\s*:",
    ),
    caption_phrases=_phrases(
        (", 19", rf"{_PLACE_AND_DAY}, 19\d{{2}}\.?$"),
        (", 20", rf"{_PLACE_AND_DAY}, 20\d{{2}}\.?$"),
        ("(", r"\(\s*(?:file )?(?:photo|image|picture|credit|ap photo|pictured)\b"),
        ("(", r"\((?:left|right|center|centre|l-r|above|below|back|front)\)"),
        ("photo", r"\bphoto(?:graph)? (?:by|courtesy|credit)\b|\b(?:ap|reuters) photo\b"),
        ("pictured", r"\bpictured,? (?:above|below|left|right|here|with)\b"),
        ("via ", r"\bvia (?:ap|afp|reuters|getty)\b"),
        ("/", r"/\s?(?:afp|ap|reuters|getty|epa|bloomberg|xinhua)\b"),
        (", ", r", (?:(?:second |third )from )?(?:far )?(?:left|right|center|centre),"),
        ("getty images)", r""),
        (" caption", r"\b(?:hide|toggle|view) caption\b"),
        ("enlarge this image", r""),
        (" here", r"\b(?:seen|shown) here\b"),
        (" in this ", r"\b(?:seen|shown) in this (?:photo|image|picture|file)\b"),
    ),
    furniture=_starts(
        r"(?:related|more|read|see|watch|listen|must (?:read|watch)|recommended|also|next"
        r"|read (?:more|next|also|this|on|the full)|see (?:also|more|photos)|up next|popular"
        r"|editor['’]s note|corrections?(?: and clarifications?)?|clarification|update[ds]?"
        r"|disclosure|story highlights|tags?|topics?|published|posted|last updated)\s*[:|»>]",
        r"story highlights\b",
        r"(?:related|recommended|popular|trending|latest|more|top|previous|next) (?:posts?"
        r"|articles?|stor(?:y|ies)|coverage|links|topics|videos?|headlines|news|from)\b[^.]*$",
        r"(?:read|see|hear|find|learn|watch|view) (?:\w+ ){0,2}(?:more|comments"
        r"|the (?:full|complete|rest|entire))\b",
        r"most (?:read|popular|viewed|shared|recent)\b",
        r"sign (?:up|in)\b(?: (?:for|to|here|now)|[^.]*$)",
        r"(?:please )?(?:subscribe|register (?:to|for|now)|donate|log ?in|join us)\b",
        r"support (?:our|us|independent)\b",
        r"(?:already a|become a|not a) (?:subscriber|member|registered)",
        r"(?-i:ADVERTISEMENT|NRPLUS MEMBER ARTICLE) ",
        r"advertise(?:ment)?\b[^.]*$|(?:sponsored|promoted)\b[^.]*$|story continues below",
        r"(?:share|tweet|print|email|save|comment)(?: (?:this|on|via|it|with)\b.*)?$",
        r"share (?:this|on|via)\b|share your (?:thoughts|views|story)",
        r"(?:tap|click|press|scroll|swipe) (?:here|on|the|to|down|through|play)\b",
        r"(?:get|want|receive) (?:the |our |more |all )?(?:latest|best|top|daily|breaking|news)\b",
        r"(?:download|install) (?:the|our)\b|please (?:enable|turn on|allow|try|check|note)",
        r"(?:we|this (?:site|website|page)) (?:and our partners )?uses? cookies\b|by continuing to",
        r"(?:copyright|©|\(c\)|all rights reserved)",
        r"(?:leave|post|add|write) a (?:comment|reply)|\d* ?comments?$",
        r"(?:last )?(?:updated|published|posted|modified)\b.{0,24}\d:\d\d.{0,24}$",
        r"(?:last )?updated (?:at|on) [^.]{0,20}\d",
        r"(?:originally|first) (?:published|appeared)\b",
        r"the (?:text of the )?following (?:joint )?(?:statement|text) (?:was|is)"
        r" (?:released|issued)\b",
        r"\d{1,3} min(?:ute)?s? read\b|(?:replay|loading|menu)\W*$",
        r"back to top|skip to (?:main|the)",
        r"(?:e-?mail|contact|tel|phone|twitter|facebook|website)\s*:",
        r"contact the (?:writer|author|reporter)",
        r"@\w+|(?:just watched|must watch|replay more|now playing|what to watch)\b",
    ),
    furniture_phrases=_phrases(
        ("click here", r""),
        ("follow", r"\bfollow (?:us|me|him|her|them|@\w+)\b.{0,20}(?:\bon\b|@|$)"),
        (" us on", r"\b(?:like|find|join) us on\b"),
        ("our ", r"\bour (?:free |daily |weekly )?(?:newsletters?|app|podcast)\b"),
        ("sign up", r"\bsign up for .{0,40}\b(?:newsletters?|e-?mails?|alerts|updates)\b"),
        ("subscribe", r"\bsubscribe to .{0,40}\b(?:newsletters?|e-?mails?|alerts|updates)\b"),
        ("all rights reserved", r""),
        ("may not be", r"\bmay not be (?:published, |reproduced|reprinted|rewritten)"),
        (
            "policy",
            r"\b(?:our|accept the) (?:privacy|cookie) policy\b|\bprivacy policy and terms\b",
        ),
        ("terms of", r"\b(?:our|accept the) terms of (?:use|service)\b"),
        (
            "this ",
            (
                r"\bthis (?:story|article|report|post|piece|page|column|version)\b"
                r".{0,40}\b(?:updated"
                r"|corrected|originally|first (?:published|appeared)|adapted|republished|produced"
                r"|is (?:part|a developing|developing|available))\b"
            ),
        ),
        ("an earlier version of this", r""),
        ("mail", r"\be-?mail (?:us|me)\b|\byour e-?mail\b"),
        ("your ", r"\byour (?:inbox|browser)\b|\bwrite to us\b"),
        ("://", r"https?://"),
        ("www.", r""),
        ("pic.", r"pic\.twitter\.com"),
        ("@", r"\b[\w.+-]{1,64}@[\w-]{1,64}\.\w|-- ?@?\w+ \(@\w+\)"),
        (")", r"\((?:video|photos|watch|read|listen|related|click|see)\b[^()]*\)$"),
        (" here", r"\bfull (?:story|article|coverage) here\b"),
        (" below", r"\b(?:story|article|coverage|video|chart) below\b"),
        (" above", r"\b(?:video|chart) above\b"),
        ("retweet", r"\bretweet(?:ed|s)?\b.{0,10}$"),
    ),
    table=_phrases(
        ("vs", rf"{_ROW}.*\bvs\b|\bvs\b.*\d.*\bvs\b"),
        ("nil", rf"{_ROW}.*\bnil\b"),
        ("qtly div", r"^qtly (?:div|dividend)\b"),
    ),
    small_words=_words(
        "a an and as at but by for from in into nor of off on onto or over per so than the to "
        "up via vs with amid after against about not no his her its their this that"
    ),
    name_openers=_words("al bin bint da de del della di dos du el ibn la le van von der"),
    first_person=re.compile(
        r"\bI['’](?:m|ve|d|ll)\b"
        # "I" after a capitalized word or a kind of number is Roman: "Charles I", "series I".
        r"|(?:^\W*|[^\w\s.]\s?|\b(?!series|class|type|phase|part|title)[a-z]+ )I(?= [a-z])"
        r"|^\W*(?!Part|Title|Type|Class|Phase)[A-Z][a-z]{0,5} I(?= [a-z])"
        r"|\b(?:(?:we|our)s?|my|me|us|myself|ourselves)\b|^\W*(?:W[Ee]|Our|My|Let['’]s)\b"
    ),
    # The class comes first, because the search for one is fast; what follows looks back at it.
    first_words=re.compile(
        r"[IWwOoMmuL](?<=\b.)(?:(?<=I)|(?<=[Ww])[Ee]s?|(?<=[Oo])urs?|(?<=[Mm])y|(?<=m)e"
        r"|(?<=u)s|(?<=m)yself|(?<=o)urselves|(?<=L)et)\b"
    ),
    second_person=_phrases(
        ("you", r"\byou(?:['’]\w+|r|rs|rself|rselves)?\b"), ("ladies and gentlemen", r"")
    ),
    opinion_title=_holds(
        rf"^\W*(?:{_OPINION})\s*(?:[:|]|[–—-]\s|-(?=[A-Z]))",
        rf"(?:[|:]|\s[–—-])\s*(?:{_OPINION})\s*(?:$|[|–—-])",
        rf"[(\[](?:{_OPINION})[)\]]",
    ),
    opinion_publisher=_holds(r"\b(?:opinion|editorials?|op-?eds?|commentary|guest writer)\b"),
    opinion_path=_words(
        "opinion opinions op-ed op-eds oped opeds editorial editorials commentisfree "
        "commentary comment columns column columnist columnists letters viewpoint viewpoints "
        "views perspective perspectives our-view ideas voices contributors"
    ),
    opinion_slug=_holds(
        r"^(?:opinion|editorial|op-ed|commentary)[-_]|[-_](?:column|op-ed|editorial)$"
    ),
    opinion_text=_holds(
        r"^\W*(?:analysis/)?opinion:|\bopinion columnist\b|\b(?:views|opinions) expressed\b",
        r"\bcreators syndicate\b|\btribune content agency\b|\bfollowing (?:article|commentary)\b",
    ),
    live_title=_holds(
        r"\blive[ -]?(?:updates?|blog|coverage)\b|^\W*live\s*[:|–—]",
        r"[|:–—]\s*live\W*$|\bas it happened\b|\bminute[- ]by[- ]minute\b|\blatest updates\b",
    ),
    live_slug=_holds(r"^live$|\blive-?(?:updates?|blog|coverage|news)\b"),
    roundup_title=_holds(
        r"^\W*(?:the )?(?:\d{1,3}|two|three|four|five|six|seven|eight|nine|ten) (?:\w+ )?"
        r"(?:(?:things|takeaways|ways|reasons|facts|tips)\b|(?:\w+ ){0,4}to watch\b)",
        r"\b(?:things|what) (?:to|you need to|you should) (?:know|watch|read)\b",
        r"\b(?:horoscopes?|crossword|sudoku|wordle)\b",
        r"^\W*(?:\w+ ){0,2}(?:quiz|podcast|newsletter)\s*[:|–—]",
        r"[:|–—-]\s*(?:\w+ ){0,2}(?:quiz|podcast|newsletter)\W*$",
        r"^\W*(?:full |read the |read )*transcript\s*[:|–—-]|[|:–—-]\s*(?:full )?transcript\W*$",
        # Slugs of a wire, which carry a list of its reports.
        r"^\W*bc-[\w-]+\W*$|\b(?:bond|business|commodit(?:y|ies)|credit|financial|market|"
        r"money|world) highlights\b",
        r"\b(?:morning|evening|daily|weekend|weekly|monday|tuesday|wednesday|thursday|friday|news)"
        r"(?:'s|’s)? (?:briefing|digest|roundup|round-up|headlines|highlights|rundown|memo|jolt)\b",
        r"\b(?:week|day|year|month) in (?:review|pictures|photos)\b|^\W*in (?:pictures|photos)\b",
        r"^\W*(?:press digest|highlights|factbox|timeline|diary|roundup|digest)\s*[:|–—-]",
    ),
)

#: By ISO 639-1 code; other languages get only the rules that need no vocabulary.
WORDINGS = {"en": ENGLISH}


#: States of one word (members and observers of the United Nations, and Kosovo and Taiwan).
_STATES = (
    "Afghanistan Albania Algeria Andorra Angola Argentina Armenia Australia Austria Azerbaijan "
    "Bahamas Bahrain Bangladesh Barbados Belarus Belgium Belize Benin Bhutan Bolivia Botswana "
    "Brazil Britain Brunei Bulgaria Burundi Cambodia Cameroon Canada Chad Chile China Colombia "
    "Comoros Congo Croatia Cuba Cyprus Czechia Denmark Djibouti Dominica Ecuador Egypt England "
    "Eritrea Estonia Eswatini Ethiopia Fiji Finland France Gabon Gambia Georgia Germany Ghana "
    "Greece Grenada Guatemala Guinea Guyana Haiti Honduras Hungary Iceland India Indonesia Iran "
    "Iraq Ireland Israel Italy Jamaica Japan Jordan Kazakhstan Kenya Kiribati Kosovo Kuwait "
    "Kyrgyzstan Laos Latvia Lebanon Lesotho Liberia Libya Liechtenstein Lithuania Luxembourg "
    "Madagascar Malawi Malaysia Maldives Mali Malta Mauritania Mauritius Mexico Micronesia Moldova "
    "Monaco Mongolia Montenegro Morocco Mozambique Myanmar Namibia Nauru Nepal Netherlands "
    "Nicaragua Niger Nigeria Norway Oman Pakistan Palau Palestine Panama Paraguay Peru Philippines "
    "Poland Portugal Qatar Romania Russia Rwanda Samoa Scotland Senegal Serbia Seychelles "
    "Singapore Slovakia Slovenia Somalia Spain Sudan Suriname Sweden Switzerland Syria Taiwan "
    "Tajikistan Tanzania Thailand Togo Tonga Tunisia Turkey Turkmenistan Tuvalu Türkiye Uganda "
    "Ukraine Uruguay Uzbekistan Vanuatu Venezuela Vietnam Wales Yemen Zambia Zimbabwe"
)
#: Seats that stand for a government in the language of news.
_SEATS = (
    "Abuja Algiers Amman Ankara Astana Athens Baghdad Baku Bangkok Beijing Beirut Belgrade Berlin "
    "Bern Bogota Brasilia Brasília Bratislava Brussels Bucharest Budapest Cairo Canberra Caracas "
    "Copenhagen Damascus Delhi Dhaka Doha Dublin Hanoi Harare Havana Helsinki Islamabad Jakarta "
    "Jerusalem Kabul Khartoum Kiev Kigali Kyiv Lima Lisbon London Madrid Manila Minsk Moscow "
    "Nairobi Nicosia Oslo Ottawa Paris Prague Pretoria Pyongyang Quito Rabat Riga Riyadh Rome "
    "Santiago Sarajevo Seoul Skopje Sofia Stockholm Taipei Tallinn Tbilisi Tehran Tirana Tokyo "
    "Tripoli Tunis Vienna Vilnius Warsaw Washington Yerevan Zagreb"
)
#: All of them.
PLACES = frozenset(f"{_STATES} {_SEATS}".split())
#: What belongs to a state, where that is another word, and other names of states and of unions.
_OF_STATES = dict(
    pair.split(":")
    for pair in (
        "Afghan:Afghanistan Taliban:Afghanistan Albanian:Albania Algerian:Algeria American:US "
        "Americans:US USA:US Argentine:Argentina Armenian:Armenia Australian:Australia "
        "Austrian:Austria Azeri:Azerbaijan Belarusian:Belarus Belgian:Belgium Bolivian:Bolivia "
        "Bosnia:Bosnia Bosnian:Bosnia Brazilian:Brazil British:Britain UK:Britain "
        "Bulgarian:Bulgaria Burma:Myanmar Canadian:Canada Chilean:Chile Chinese:China "
        "Colombian:Colombia Croatian:Croatia Cuban:Cuba Czech:Czechia Danish:Denmark "
        "Dutch:Netherlands Egyptian:Egypt Estonian:Estonia Ethiopian:Ethiopia EU:EU "
        "Finnish:Finland French:France Gaza:Palestine Georgian:Georgia German:Germany "
        "Greek:Greece Haitian:Haiti Hungarian:Hungary Indian:India Indonesian:Indonesia "
        "Iranian:Iran Iraqi:Iraq Irish:Ireland Israeli:Israel Italian:Italy Japanese:Japan "
        "Jordanian:Jordan Kenyan:Kenya Korea:Korea Korean:Korea DPRK:Korea Kremlin:Russia "
        "Kurdish:Kurds Kurds:Kurds Kuwaiti:Kuwait Latvian:Latvia Lebanese:Lebanon Libyan:Libya "
        "Lithuanian:Lithuania Malaysian:Malaysia Mexican:Mexico Moroccan:Morocco NATO:NATO "
        "Nato:NATO Nigerian:Nigeria Norwegian:Norway Pakistani:Pakistan Palestinian:Palestine "
        "Palestinians:Palestine Peruvian:Peru Philippine:Philippines Filipino:Philippines "
        "Polish:Poland Portuguese:Portugal ROK:Korea Romanian:Romania Russian:Russia "
        "Russians:Russia Saudi:Saudi Arabia:Saudi Serbian:Serbia Slovak:Slovakia Somali:Somalia "
        "Soviet:Soviets Soviets:Soviets SOVIET:Soviets SOVIETS:Soviets Spanish:Spain "
        "Sudanese:Sudan Swedish:Sweden Swiss:Switzerland Syrian:Syria Taiwanese:Taiwan "
        "Thai:Thailand Tunisian:Tunisia Turkish:Turkey Ukrainian:Ukraine US:US "
        "Venezuelan:Venezuela Vietnamese:Vietnam Yemeni:Yemen"
    ).split()
)
_IN_A_HEADLINE = {name.upper(): name for name in PLACES if len(name) > 3}
_UNITED = re.compile(r"\b(?:U\.S\.|United States|UNITED STATES)")
_WORD = re.compile(r"[^\W\d_]+")


def states(text: str) -> frozenset[str]:
    """Return the states, seats of government and unions of states that a text names."""
    words = _WORD.findall(_UNITED.sub("US", text))
    named = (_OF_STATES.get(word) or _IN_A_HEADLINE.get(word, word) for word in words)
    known = {*_OF_STATES.values()} | PLACES
    return frozenset(name for name in named if name in known)
