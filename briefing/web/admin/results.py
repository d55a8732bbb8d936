"""PURE: what failed, and the results of runs and steps in words."""

import re
from collections.abc import Mapping

from briefing.core.counting import counted
from briefing.core.model import DeliveryStatus, Ending, Run, Step
from briefing.mail.report import DEAD

#: An address that does not exist.
UNKNOWN = "unknown address"
#: Labels of steps.
STEPS: Mapping[Step, str] = {
    Step.COLLECT: "Collect",
    Step.PUBLISH: "Publish",
    Step.WEEK: "Review",
    Step.DELIVER: "Deliver",
    Step.BOUNCES: "Read bounces",
}


_STATES: Mapping[DeliveryStatus, str] = {
    DeliveryStatus.HELD: "in doubt",
    DeliveryStatus.EXPIRED: "too late",
    DeliveryStatus.DUE: "to be tried again",
}
#: What a refusal means, by its enhanced status (RFC 3463) or the usual words.
_MEANINGS = (
    (UNKNOWN, re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(DEAD)))})\b")),
    ("mailbox full", re.compile(r"\b[45]\.2\.2\b|quota|\bfull\b", re.IGNORECASE)),
    ("refused by the provider", re.compile(r"\b[45]\.7\.\d|spam|blocked|policy", re.IGNORECASE)),
)


def meaning_of(status: DeliveryStatus, cause: str) -> str:
    """Return why a mail is not delivered, in a few words that many causes have in common."""
    if status is not DeliveryStatus.REFUSED:
        return _STATES[status]
    return next((name for name, pattern in _MEANINGS if pattern.search(cause)), "refused")


#: Commands that messages advise and that the administration has a button for.
_COMMAND = re.compile(
    r": briefing (?:sources|subscribers) (?:add|resume) ADDRESS|; run `briefing \w+`(?: first)?"
    r"| since [-\d]{10} [:\d]{5} UTC"
)


def came_of(run: Run) -> str:
    """Return the result of a finished run in one line, or why it has none."""
    if run.ending in {Ending.FAILED, Ending.EMPTY, Ending.BLIND, Ending.BUSY}:
        return in_browser(run.words)
    return figures_of(run) or in_browser(run.words)


def in_browser(words: str) -> str:
    """Return words without the command that they advise, where a button does it."""
    return _COMMAND.sub("", words)


def figures_of(run: Run) -> str:
    """Format the figures of a run; by their names for steps without a format of their own."""
    figures = run.figures
    try:
        if run.step is Step.COLLECT:
            answered = figures["sources"] - figures["failing"]
            fresh = counted(figures["fresh"], "new report")
            return f"{fresh}, {answered} of {figures['sources']} sources"
        if run.step in {Step.PUBLISH, Step.WEEK}:
            printed = f"{figures['printed']} of {figures['stories']} stories"
            return f"{printed}, page {figures['full']}% full"
    except KeyError:
        pass
    return ", ".join(f"{number} {name}" for name, number in figures.items())
