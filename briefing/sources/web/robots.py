"""Reads robots.txt: which addresses we may fetch, and how often (RFC 9309)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from protego import Protego

from briefing.core.errors import InputError
from briefing.sources.decode import clean, decode

#: Bytes that are read: the minimum of RFC 9309, 2.5, and our maximum.
ROBOTS_BYTES = 500 * 1024
#: Longest line in characters; the longest of 300 hosts has 229. A longer rule is skipped, since
#: truncated it would match more addresses than its author meant.
_LINE = 4_096
#: Rules times the agents each applies to. Protego keeps one rule for each pair and needs 2 µs for
#: it: 10,000 agents with 1,000 rules (200 KB) took it 17 s. The most of 300 hosts is 3,843.
_PAIRS = 50_000
#: Agents in a row; protego compares each with all before it. The most of 300 hosts is 30.
_AGENTS = 1_000
#: Lines other than User-agent: 10,000 rules with wildcards take 20 to 60 ms a check. The most
#: of 300 hosts is 1,387.
_RULES = 10_000
#: Longest Crawl-delay that is respected, in seconds. Of 92 delays set by 300 hosts, 83 are not
#: longer; longer ones (up to 500) would let a morning's reports arrive after noon.
LONGEST_DELAY = 30.0

#: A product token (RFC 9309, 2.2.1).
_TOKEN = re.compile(r"[A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """The rules of one robots.txt."""

    #: As parsed by protego.
    parsed: Protego
    #: Number of Allow and Disallow lines.
    count: int
    #: Whether anything was skipped because it is beyond our limits.
    cut: bool


def to_text(body: bytes) -> str:
    """Return robots.txt as stored: at most 500 KiB, without control characters.

    An HTML page, or bytes that are not text, give the empty text, which allows everything: a
    server without robots.txt often answers with its home page.
    """
    try:
        text, _ = decode(body[:ROBOTS_BYTES], cut=len(body) > ROBOTS_BYTES)
    except InputError:
        return ""
    return "" if text.lstrip().startswith("<") else clean(text)


def parse(text: str) -> RobotsRules:
    """Parse a robots.txt; lines beyond the limits are skipped."""
    lines = text.split("\n")
    read = list(_bounded(lines))
    rules = sum(_is_rule(line) for line in read)
    return RobotsRules(Protego.parse("\n".join(read)), rules, cut=len(read) < len(lines))


def may_fetch(rules: RobotsRules, *, url: str, agent: str) -> bool:
    """Tell whether an agent, identified by its name before the slash, may fetch an address.

    False for text that is not an address.
    """
    try:
        return rules.parsed.can_fetch(url, _token(agent))
    except ValueError:
        return False


def crawl_delay(rules: RobotsRules, *, agent: str) -> float:
    """Return the Crawl-delay in seconds, 0 to 30; 0 when none is set."""
    return min(rules.parsed.crawl_delay(_token(agent)) or 0.0, LONGEST_DELAY)


def _token(agent: str) -> str:
    """Return the product token; the rest of a User-Agent may name others, as in an address."""
    match = _TOKEN.match(agent)
    return match[0] if match else "*"


def _bounded(lines: list[str]) -> Iterator[str]:
    """Yield the lines that are not too long, until there are too many rules.

    Rules are counted once for each agent they apply to, and rather too often than too seldom.
    """
    agents = pairs = rules = 0
    ended = False
    for line in lines:
        if len(line) > _LINE:
            continue
        directive = line.partition("#")[0].strip().lower()
        if directive.startswith("user"):
            agents, ended = (1 if ended else agents + 1), False
        elif directive:
            ended = ended or _ends_agents(directive)
            pairs += agents
            rules += 1
        if agents > _AGENTS or pairs > _PAIRS or rules > _RULES:
            return
        yield line


def _ends_agents(directive: str) -> bool:
    """Tell whether a directive ends a list of agents; those for the whole site do not."""
    return ":" in directive and not directive.startswith(("site", "host"))


def _is_rule(line: str) -> bool:
    return line.lstrip().lower().startswith(("allow", "dis"))
