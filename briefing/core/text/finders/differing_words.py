"""Words by which two numbers are of one thing, or of two: times, growth, scope, places, bodies."""

from __future__ import annotations

import re

from briefing.core.text.finders.clauses import listed

#: Words of a number that has grown, or may yet.
GROWN = re.compile(
    r"\b(?:rose|risen|rising|climb\w*|now|so far|updated?|has reached)\b", re.IGNORECASE
)
#: Verbs whose numbers grow while an event goes on.
GROWING = listed(
    "kill hurt miss arrest detain evacu displac flee rescu free infect confirm destroy burn scorch "
    "test vaccin hospit damag recov pull find found identifi charg"
)
#: Verbs of people, by which two reports of one event need little else in common.
TOLLS = frozenset({"kill", "hurt", "miss"})
#: Of something alike.
ELSEWHEN = re.compile(
    r"\bearlier (?:this|attack|incident)|\banniversary\b|\bhistor|\bprevious|\bsimilar\b",
    re.IGNORECASE,
)
#: Another time than that of publication, where nothing in the calendar names it.
WHEN = re.compile(
    r"\b(?:last|previous|prior|preceding|past) (?:\w+ )?(?:years?|months?|weeks?|quarters?|"
    r"decades?|summer|winter|fall|autumn|spring)\b"
    r"|\b\w+ (?:years?|decades?|months?|weeks?) (?:ago|earlier|before)\b",
    re.IGNORECASE,
)
#: In the part of the sentence that has the number: it is of another time, or no longer held.
PASSING = re.compile(
    r"\b(?:since|ever|forecast\w*|expect\w*|predict\w*|average|median|revised|then|initial\w*|first"
    r"|so far this)\b",
    re.IGNORECASE,
)
#: A price, a sample or a speed, which is another by the hour.
MOVING = re.compile(
    r"\b(?:stocks?|shares?|index|indexes|dow|nasdaq|s&p|nikkei|futures|yields?|crude|bitcoin|winds?"
    r"|gallon|points?|polls?|polling|surveys?|voters|respondents)\b|\bmph\b",
    re.IGNORECASE,
)
MOVES = frozenset({"rise", "rise to", "fall", "fall to", "be", "move", "sustain", "add", "close"})
#: A toll with or without those who caused it, or one that is the sum of places.
INCLUDING = re.compile(
    r"\b(?:including|plus|besides|excluding|not counting|among (?:them|the)|in addition to|other "
    r"than)\b[^.;]{0,40}\b(?:gunm[ae]n|attackers?|shooters?|suspects?|bombers?|assailants?|himself|"
    r"herself|themselves|pilots?|drivers?|militants|killer)\b"
    r"|(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten)) in [A-Z][\w .-]{1,40},? "
    r"and \w+ in ",
    re.IGNORECASE,
)
#: Which body voted.
CHAMBER = re.compile(
    r"\b(?:house|senate|parliament|council|committee|assembly|court|commission|board|panel|"
    r"congress|lords|commons|union|members|workers|miners)\b",
    re.IGNORECASE,
)
#: Turns that make another claim of it; direction and comparison are read with the number.
TURNS = listed(
    "not no never neither without hardly will would may might can could should must likely "
    "unlikely possibly plan intend expect propose consider seek try threaten deny fail refuse "
    "reject alleged reportedly apparently supposedly suspect claim believe some most few all"
)
#: Parts of names that tell nobody from another.
COMMON_NAMES = listed(
    "inc corp co ltd plc llc sa ag nv bv group hold bank compani presid minist prime sen rep gov "
    "mr mrs ms dr gen col lt sgt judg king queen princ"
)
#: What every number has, in digits or words, which is found sooner.
NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|"
    r"forty|fifty|sixty|seventy|eighty|ninety|dozen|hundred|thousand|million)\b",
    re.IGNORECASE,
)
