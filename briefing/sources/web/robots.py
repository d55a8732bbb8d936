"""Reads robots.txt and tells what a host lets us visit, and how fast (RFC 9309)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from protego import Protego

from briefing.core.errors import InputError
from briefing.sources.decode import clean, decode

#: Bytes that are read at least (RFC 9309, 2.5), and here at most.
ROBOTS_BYTES = 500 * 1024
#: Characters of a line; the longest of 300 hosts' is 229. A longer rule is passed over, since
#: cut short it would speak of more addresses than its author meant.
_LINE = 4_096
#: Lines times the agents each speaks to. Protego keeps one rule for each pair and needs 2 µs for
#: it: 10,000 agents with 1,000 rules (200 KB) took it 17 s. The most of 300 hosts is 3,843.
_PAIRS = 50_000
#: Agents in a row; protego compares each with all before it. The most of 300 hosts is 30.
_AGENTS = 1_000
#: Lines that are no agent's name: 10,000 rules with wildcards take 20 to 60 ms a visit. The most
#: of 300 hosts is 1,387.
_RULES = 10_000
#: Seconds between two requests that a host may ask for. Of 92 delays that 300 hosts ask for, 83
#: are not longer; longer ones (up to 500) would let a morning's reports arrive after noon.
LONGEST_DELAY = 30.0

#: A name for us as robots.txt writes it (RFC 9309, 2.2.1).
_TOKEN = re.compile(r"[A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """What one robots.txt says."""

    #: As protego reads it.
    read: Protego
    #: Lines that allow or disallow something.
    count: int
    #: Whether something was beyond our limits and was not read.
    cut: bool


def to_text(body: bytes) -> str:
    """Return robots.txt as it is kept: at most 500 KiB, without control characters.

    A page of HTML, or bytes that are no text, give the empty text, which allows everything: a
    server without robots.txt often answers with its home page.
    """
    try:
        text, _ = decode(body[:ROBOTS_BYTES], cut=len(body) > ROBOTS_BYTES)
    except InputError:
        return ""
    return "" if text.lstrip().startswith("<") else clean(text)


def parse(text: str) -> RobotsRules:
    """Read the rules of a robots.txt; what is beyond the limits is passed over."""
    lines = text.split("\n")
    kept = list(_bounded(lines))
    rules = sum(_is_rule(line) for line in kept)
    return RobotsRules(Protego.parse("\n".join(kept)), rules, cut=len(kept) < len(lines))


def may_visit(rules: RobotsRules, *, url: str, agent: str) -> bool:
    """Tell whether an address may be visited by an agent, known by its name before the slash.

    What is no address may not.
    """
    try:
        return rules.read.can_fetch(url, _token(agent))
    except ValueError:
        return False


def crawl_delay(rules: RobotsRules, *, agent: str) -> float:
    """Return how many seconds to leave between two requests, 0 to 30; 0 when nothing is said."""
    return min(rules.read.crawl_delay(_token(agent)) or 0.0, LONGEST_DELAY)


def _token(agent: str) -> str:
    """Return the product token; the rest of a User-Agent may name others, as in an address."""
    found = _TOKEN.match(agent)
    return found[0] if found else "*"


def _bounded(lines: list[str]) -> Iterator[str]:
    """Yield the lines that are not too long, until there are too many rules.

    Rules are counted for each agent they speak to, and rather too many than too few.
    """
    agents = pairs = rules = 0
    ended = False
    for line in lines:
        if len(line) > _LINE:
            continue
        told = line.partition("#")[0].strip().lower()
        if told.startswith("user"):
            agents, ended = (1 if ended else agents + 1), False
        elif told:
            ended = ended or _ends_agents(told)
            pairs += agents
            rules += 1
        if agents > _AGENTS or pairs > _PAIRS or rules > _RULES:
            return
        yield line


def _ends_agents(told: str) -> bool:
    """Tell whether a line surely ends a list of agents; those of the whole site do not."""
    return ":" in told and not told.startswith(("site", "host"))


def _is_rule(line: str) -> bool:
    return line.lstrip().lower().startswith(("allow", "dis"))
