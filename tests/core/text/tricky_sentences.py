"""Invented news passages that are hard to split, with the sentences an editor would mark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One passage and its sentences."""

    #: What is hard about it; unique.
    name: str
    #: The passage.
    text: str
    #: The sentences in order, as exact slices.
    sentences: tuple[str, ...]
    #: True when the splitter gets it wrong and we know.
    known_miss: bool = False


def case(name: str, *sentences: str, joint: str = " ", known_miss: bool = False) -> Case:
    """Return a passage made of its own sentences with ``joint`` between them."""
    return Case(name, joint.join(sentences), sentences, known_miss)


#: Written before the rules of ``segment`` were; the rules were made with these in view.
SEEN: tuple[Case, ...] = (
    case(
        "civil titles",
        "Mr. Halvorsen met Mrs. Okoye and Dr. Lind on Monday.",
        "Ms. Tran joined by video.",
    ),
    case(
        "military titles",
        "Gen. Ruslan Petrenko and Lt. Col. Ida Brandt signed the truce.",
        "Sgt. Paulo Reis watched.",
    ),
    case(
        "parliament titles",
        "Rep. Dana Whitlock and Sen. Omar Castell back the bill.",
        "Gov. Ray Tilden does not.",
    ),
    case(
        "party and state in brackets",
        "Sen. Omar Castell (R-Wis.) and Rep. Lou Hart (D-Calif.) wrote the amendment.",
        "It passed.",
    ),
    case("two initials", "The prize went to J. K. Ostrander.", "She was not in the hall."),
    case("joined initials", "The memoir of T.R. Vance sold out.", "A reprint is planned."),
    case(
        "middle initial", "Harold B. Quint resigned on Friday.", "His deputy, Ana S. Moro, stays."
    ),
    case("U.S. as adjective", "The U.S. economy grew 2.1 percent.", "Analysts had expected less."),
    case(
        "U.S. before a name",
        "The U.S. Treasury sold bonds, and the U.S. Senate adjourned.",
        "Markets were calm.",
    ),
    case("U.S. at the end", "The envoy flew back to the U.S.", "He declined to comment."),
    case("U.K. at the end", "Exports fell sharply in the U.K.", "The pound lost half a cent."),
    case(
        "U.N. in the middle and at the end",
        "The U.N. Security Council met twice.",
        "Tarvia asked for help from the U.N.",
        "It got none.",
    ),
    case(
        "short month",
        "Talks resume on Jan. 4 in Vienna.",
        "A vote is due by Feb. 11.",
        "Neither date is firm.",
    ),
    case(
        "month in brackets", "He left on Sunday (Jan. 4) for Osaka.", "The visit lasts four days."
    ),
    case(
        "quote with the period inside",
        'Moro was blunt: "We are out of money."',
        "The council took note.",
    ),
    case(
        "quote with the period outside",
        "The minister called the plan 'a leap in the dark'.",
        "Others called it late.",
    ),
    case(
        "curly quote with the period inside",
        "“The bridge will hold.”",
        "Engineers repeated the claim on Tuesday.",
    ),
    case(
        "question in a quote, then said",
        '"Who will pay for this?" said the mayor.',
        "Nobody answered.",
    ),
    case(
        "question in a quote, then a name",
        "“Who will pay for this?” Mayor Lena Dorn asked.",
        "Nobody answered.",
    ),
    case(
        "exclamation in a quote, then a pronoun",
        '"Not one more cent!" he shouted.',
        "The hall fell silent.",
    ),
    case(
        "two sentences in one quote",
        "“We lost the vote. We will try again in May,” Castell said.",
        "He then left.",
    ),
    Case(
        "quote broken by its speaker",
        '"We lost the vote," Castell said. "We will try again in May."',
        ('"We lost the vote," Castell said.', '"We will try again in May."'),
    ),
    case(
        "quote opens the next sentence",
        "Nobody moved.",
        "“Stay calm,” the guard said.",
        "They did.",
    ),
    case("money with bn.", "The fund lost $1.5 bn. in a week.", "Its shares fell 8.25 percent."),
    case("number sign", "Decree No. 2231 took effect at noon.", "Decree No. 2232 did not."),
    case(
        "saint in a city", "Trains to St. Petersburg were late.", "Those to St. Albans ran on time."
    ),
    case("versus", "The case of Lund vs. Norvik Shipping opened.", "A ruling is due in June."),
    case(
        "hours",
        "The polls open at 7 a.m. and close at 8 p.m. local time.",
        "Counting starts at 9 p.m.",
        "Results follow by dawn.",
    ),
    case(
        "hour before a zone", "The launch is set for 6:30 a.m. EST on Friday.", "Rain may delay it."
    ),
    case("ellipsis sign", "“We waited… and nobody came,” she said.", "The office was locked."),
    case("three dots inside", "The letter said the deal was ... not final.", "It gave no date."),
    case("three dots at the end", "The line went dead...", "Nobody called back."),
    case("byline", "By Marta Iversen", "The port reopened on Sunday.", joint="\n"),
    case(
        "dateline",
        "GENEVA (Wire) - Delegates from nine states met on Monday.",
        "No text was agreed.",
    ),
    case(
        "dateline with a state",
        "PORT ELLIS, Wash., March 3 - Dockers walked out.",
        "The owners went to court.",
    ),
    Case(
        "bullets",
        "• Rates stay at 4 percent.\n• Growth is seen at 1 percent\n- Jobs are steady.",
        ("Rates stay at 4 percent.", "Growth is seen at 1 percent", "Jobs are steady."),
    ),
    case(
        "numbered list",
        "1. Close the border crossings.",
        "2. Recall the envoy.",
        "3. Freeze the accounts",
        joint="\n",
    ),
    case("decimals", "Inflation slowed to 3.4 percent from 3.9.", "Core prices rose .2 percent."),
    case("address of a page", "The list is on www.tarvia.example/list.html today.", "It is long."),
    case("Inc. before said", "Corvel Inc. said profit rose.", "Nortek Corp. reported a loss."),
    case(
        "Co. inside a name", "Bell & Co. Holdings bought Aster Ltd. for cash.", "Terms were secret."
    ),
    case("Inc. at the end", "The buyer is Corvel Inc.", "The seller was not named."),
    case("percent with a period", "Output fell 3 pct. in May.", "It had risen in April."),
    case(
        "sentence in brackets",
        "The minister resigned.",
        "(He had been in office for nine days.)",
        "A successor was named.",
    ),
    case("brackets inside", "The bank (est. 1907) failed (again) on Friday.", "Savers queued."),
    case("for example", "Some goods, e.g. grain and i.e. staples, are exempt.", "Fuel is not."),
    case("etc. at the end", "They sold rugs, lamps, etc.", "Business was slow."),
    case(
        "wire text of the 1980s",
        "TARVIA SAID IT WOULD CUT OUTPUT TO 1.2 MLN BPD.",
        "THE U.S. WELCOMED THE MOVE.",
        "OIL ROSE 40 CTS.",
    ),
    case(
        "angle brackets of the 1980s",
        "Corvel Inc <CVL.O> said it bought Aster Corp <AST> for 12 mln dlrs.",
        "It gave no details.",
    ),
    case("em dashes", "The deal — if it is one — helps nobody.", "Shares fell — then rose."),
    case(
        "heading without a period",
        "Port strike enters second week",
        "Dockers at Port Ellis stayed out on Monday.",
        joint="\n",
    ),
    case("semicolons", "Wheat rose; corn fell; rice held.", "Traders blamed rain."),
    case("colon and quote", 'The note read: "Pay today. Tell nobody."', "Police have it."),
    case("starts with a digit", "The vote was close.", "57 members backed it.", "44 did not."),
    case("starts with a small letter", "Sales of phones fell.", "iFone makers blamed costs."),
    case("mark inside a brand", "Yahuu! said users fell.", "Its rival Goo! did not comment."),
    Case(
        "no terminal mark",
        "Ministers meet again on Thursday in Lisbon",
        ("Ministers meet again on Thursday in Lisbon",),
    ),
    Case(
        "hard-wrapped lines",
        "The central bank of Tarvia kept its main rate at 4 percent on\n"
        "Thursday and said that prices would fall back by the end of the\n"
        "year. Analysts had expected a cut of a quarter point after the\n"
        "weak figures of last month.\n",
        (
            (
                "The central bank of Tarvia kept its main rate at 4 percent on\n"
                "Thursday and said that prices would fall back by the end of the\n"
                "year."
            ),
            "Analysts had expected a cut of a quarter point after the\nweak figures of last month.",
        ),
    ),
    Case(
        "hard-wrapped and indented, two paragraphs",
        "    Corvel Inc said it would sell its two mills in the north to a\n"
        "group of local investors for 41 mln dlrs in cash and notes.\n"
        "    The sale needs the approval of the state's utility board and\n"
        "should close in the third quarter, the company said.\n",
        (
            (
                "Corvel Inc said it would sell its two mills in the north to a\n"
                "group of local investors for 41 mln dlrs in cash and notes."
            ),
            (
                "The sale needs the approval of the state's utility board and\n"
                "should close in the third quarter, the company said."
            ),
        ),
    ),
    case(
        "paragraphs on single lines",
        "The ferry sank at dawn.",
        "Forty people were saved, the coast guard said.",
        "Divers search for two more.",
        joint="\n",
    ),
    case("question and answer", "Will it last?", "Few think so!", "Time will tell."),
    case("interrobang", "They did what?!", "The hall gasped."),
    case("degree and junior", "Martin Vale Jr. and Ann Roe, Ph.D., spoke.", "Both were brief."),
    case(
        "places in letters",
        "Police in Washington, D.C., and Portland, Ore., made arrests.",
        "No one was hurt.",
    ),
    case(
        "numbered article of a treaty",
        "Art. 5 and Sec. 12 of the pact apply, see p. 41.",
        "Para. 3 does not.",
    ),
    Case(
        "no space after the closing mark",
        "The vote failed.” The party split.",
        ("The vote failed.”", "The party split."),
    ),
)

#: Written after the rules of ``segment`` were frozen; no rule was changed for them.
UNSEEN: tuple[Case, ...] = (
    case("consul and admiral", "Adm. Hugo Pell (ret.) hosted Amb. Lis Roth.", "They dined at 8."),
    case(
        "U.S. before a capital that must open a sentence",
        "The talks moved to the U.S.",
        "Officials there said little.",
        known_miss=True,
    ),
    case("U.S. before a number", "Nine died in the U.S.", "14 more are missing.", known_miss=True),
    case(
        "initials of a company",
        "A. P. Lindqvist & Sons N.V. of Rotterdam bought the yard.",
        "The price was not told.",
    ),
    case(
        "nickname behind an initial",
        'Coach Edgar G. "Red" Lund retired on Oct. 12.',
        "His team lost its last game.",
    ),
    case("state at the end", "The plant is in Dunmore, Pa.", "It employs 900 people."),
    case("month without a day", "Sales fell in Sept. and rose in Oct.", "The trend is unclear."),
    case("junior at the end", "The will names Martin Vale Jr.", "His sister gets the house."),
    case(
        "company before shares",
        "The suitor is Aster Ltd.",
        "Shares of both firms rose.",
        known_miss=True,
    ),
    case(
        "single quotes around a question", "‘Is this the end?’ wondered the captain.", "It was not."
    ),
    case(
        "quote in a quote",
        "“He told me ‘Go home.’ I stayed,” Ms. Iversen said.",
        "Nobody else did.",
    ),
    case(
        "question in a quote, then the next speaker", '"Are you leaving?"', '"No," said Ms. Tran.'
    ),
    case(
        "title of a work with a question mark",
        "Her first book, “Who Owns the Rain?”, sold 90 copies.",
        "The second sold none.",
    ),
    Case(
        "speaker between two questions",
        "“Why now?” Mr. Reis asked. “Why here?”",
        ("“Why now?” Mr. Reis asked.", "“Why here?”"),
    ),
    case(
        "statement, then a stated doubt in brackets",
        "Output rose 9 percent (the ministry says 11).",
        "Few believe either figure.",
    ),
    case("square brackets", "“They [the banks] knew,” he wrote.", "Nobody denied it."),
    case("four dots", "The clerk read on and on ....", "The court adjourned."),
    case("ellipsis before a capital", "“I never … Never mind,” she said.", "She hung up."),
    case("ellipsis opens a quote", "He spoke of “... a long winter.”", "The crowd left early."),
    case(
        "dateline without a state, em dash",
        "KARSTAD — The river rose 2 m. overnight.",
        "Schools are shut.",
    ),
    case(
        "dateline and a title",
        "LONDON, Feb. 3 (Wire) -- Sir Colin Ware quit.",
        "No. 10 had no comment.",
    ),
    case(
        "capitals with U.S. at the end", "TALKS FAILED IN THE U.S.", "THE TARIFF STAYS AT 5.5 PCT."
    ),
    case(
        "company report of the 1980s",
        "Shr 12 cts vs. 10 cts.",
        "Net 1.2 mln vs. 1.0 mln.",
        "NOTE: Full name is Corvel Inc.",
    ),
    case(
        "letters count the items",
        "(a) Open the archives.",
        "(b) Pay the widows.",
        "c) Name the dead",
        joint="\n",
    ),
    Case(
        "windows line ends and a blank line of spaces",
        "The mill closed.\r\n   \r\nIts owner fled.\r\n",
        ("The mill closed.", "Its owner fled."),
    ),
    Case(
        "narrow wrapped mail",
        "Dear reader,\n\n"
        "the ministry of works has told us that the new bridge\n"
        "will open on Jan. 9, three years late. Tolls will be\n"
        "charged from the first day, Mr.\n"
        "Dorn said.\n",
        (
            "Dear reader,",
            (
                "the ministry of works has told us that the new bridge\n"
                "will open on Jan. 9, three years late."
            ),
            "Tolls will be\ncharged from the first day, Mr.\nDorn said.",
        ),
        known_miss=True,
    ),
    case(
        "heading with a question mark over one line of text",
        "Who pays?",
        "Taxpayers do, a report says.",
        joint="\n",
    ),
    case(
        "mail address and a version",
        "Write to desk@tarvia.example about version 2.0.1 today.",
        "Answers take a week.",
    ),
    case("percent sign and a decimal at the end", "The yield fell to 4.75%.", "Gold rose $3.10."),
    case("times and zones", "Voting ends at 5 p.m. Eastern on Tuesday.", "Ask at the hall."),
    case("hour at the end", "The strike began at 4 a.m.", "Buses stood still."),
    case("small name opens", "Two groups claimed the attack.", "al-Sahil denied any part in it."),
    Case(
        "run together",
        "The motion failed by one vote.The chair resigned.",
        ("The motion failed by one vote.", "The chair resigned."),
    ),
    case("i.e. and cf.", "He owes it all, i.e. $3 m., cf. p. 12.", "He has nothing."),
    case("Washington in letters at the end", "He teaches in Washington, D.C.", "She does not."),
    case("film with an exclamation mark", "The musical “Oh! Tarvia!” closed.", "It lost money."),
    case("plan with a letter", "There is no Plan B.", "Ministers admit as much.", known_miss=True),
)

CASES = SEEN + UNSEEN
