"""Strings that have broken out of headers somewhere, for every field of text."""

NASTY = (
    "Desk\r\nBcc: all@example.org",
    "Desk\nBcc: all@example.org\n\nbody",
    "Desk\r Bcc: all@example.org",
    "\r\n\r\n<h1>body</h1>",
    "Desk\x00 NUL",
    "Desk\u2028Bcc: all@example.org\u2029end",
    "Desk\x85Bcc: all@example.org\x0b\x0c\x1c\x1d\x1e",
    "\u200f\u05d3\u05e1\u05e7\u200e \u202eksed\u202c",
    "Desk \ud800 and \udfff",
    "W" * 10_000,
    "Ж" * 10_000,
    "word " * 2_000,
    "=?utf-8?q?=0d=0aBcc:_all=40example.org?=",
    "=?utf-8?b?DQpCY2M6IGFsbEBleGFtcGxlLm9yZw==?=",
    '"quoted" \\ <all@example.org>, other@example.org; (comment)',
    "a: b; c=d, [e] .",
    "Zoë Müller-Ωμέγα 港口 🚢",
    "\t tabs \t and  spaces  ",
    "",
    ".",
    "%s {0} {name} ${x}",
)
IDS = range(len(NASTY))
