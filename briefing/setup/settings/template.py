"""The file that ``briefing init`` writes."""

#: What ``briefing init`` writes: every setting with its default.
TEMPLATE = """\
# Settings of one briefing. Every setting may be left out; the values here are the defaults.

# On the nameplate. Up to 12 letters leave room for the creed beside it.
name = "Briefing"
# Documents told to be in another language are not printed (ISO 639-1).
language = "en"
# Place and time in the folio line, such as "Geneva, 06:30".
dateline = ""
# Who chooses sentences: `briefing plugins` lists all.
ranker = "salience"
# Who tells sections: "linear" (trained) or "keywords" (the words given below).
classifier = "linear"
# A model of your own, made by `briefing train sections`; empty: the one that is shipped.
model = ""
# Hours around a report within which others may tell of the same event.
window_hours = 72
# Print what belongs to no section, under "other".
other = false

# Sections in printed order. With classifier = "keywords", each has its words:
# words = ["tariff", "central bank", "trade deal"]
[[sections]]
name = "economy"

[[sections]]
name = "security"

[[sections]]
name = "diplomacy"

[page]
theme = "classic"
# "A4" or "Letter".
paper = "A4"

# The store of `collect` and `publish`: a file beside these settings, or a PostgreSQL database,
# such as "postgresql://briefing@localhost/briefing" (its password from PGPASSWORD or ~/.pgpass).
[store]
at = "briefing.db"
# Days after which texts that were never printed are deleted; 0 keeps them.
keep_days = 400

[collect]
# A mail or web address at which a publisher can reach you; it stands in the User-Agent.
contact = ""
# Requests to one host at the same time, and seconds between two of them.
per_host = 2
delay = 1.0
# Seconds from a request to its last byte.
deadline = 30.0
# Days for which printed reports are looked at again, for corrections.
recheck_days = 7
# Hosts and networks outside the public internet that may be reached, such as "intranet.example"
# or "10.1.0.0/16", and ports beside 80 and 443.
allow_hosts = []
allow_ports = []
# Hosts that gave you leave to pass over their robots.txt.
ignore_robots = []
# Such as "http://proxy.example:3128"; the environment's proxy variables are not used.
proxy = ""

[publish]
# Hours before an edition from which reports are taken when there is no edition before.
first_hours = 24
# Reports published longer ago than this many hours are not taken; 0 takes whatever was collected.
oldest_hours = 72

# When `briefing serve` collects, publishes and delivers.
[schedule]
# Local time and zone (IANA) of the edition, and the days on which there is one.
at = "06:30"
zone = "UTC"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# Days without an edition, such as "2026-12-25".
holidays = []
# Hours after its time for which a late edition is still made, and marked late.
grace_hours = 6
# A day with nothing to print: "skip" it, or send subscribers a "note" that says so.
empty = "skip"
# Minutes between two visits to the sources.
collect_minutes = 30

# What is written about the work: "console" for people, "json" for machines.
[log]
format = "console"

# Who is told when a run is late, empty or failing; each may be empty.
[alerts]
# A mail address, and an https address that takes a POST with JSON.
mail = ""
webhook = ""

[web]
# Where readers find the web pages, such as "https://briefing.example"; links in mails lead there.
address = ""
# Seconds in which the head of a request must have come, and as many for the form that it sends;
# seconds in which an answer must have been read. Who takes longer is cut off.
request_seconds = 10.0
answer_seconds = 60.0

[mail]
# Who sends: an address whose domain you may sign for. Without it nothing is sent.
sender = ""
# Name beside it; empty: the name of the briefing.
sender_name = ""
# Where answers go; empty: to the sender.
reply_to = ""
# Subject: {headline}, {name} and {date} are filled in.
subject = "{headline}"
# Your relay. "starttls" and "tls" are verified; "none" only to this machine.
host = "localhost"
port = 587
security = "starttls"
user = ""
# A file that holds the password and nothing else; empty: BRIEFING_SMTP_PASSWORD.
password_file = ""
# Mails at the same time, and most a second: in all, on one connection, to one domain. 0: no limit.
connections = 4
per_second = 0
per_connection = 0
per_domain = 0
# Hours after its release for which an edition is still sent.
life_hours = 12
# A mail whose connection broke after its last byte may have arrived or not: "resend" it once, with
# the same Message-ID, or "hold" it for you to decide.
in_doubt = "resend"
# Where mail that comes back is read: a Maildir, "imaps://user@host/INBOX" or "pop3s://user@host".
bounces = ""
# Password of that mailbox, as above; empty: BRIEFING_BOUNCES_PASSWORD.
bounces_password_file = ""
# Soft bounces in a row after which an address is given up.
soft_bounces = 5
# Secrets for links and return paths, one a line, the newest last; made when it is not there.
secrets_file = "briefing.secrets"

# Keys that sign mails (DKIM); the public halves stand in the DNS: `briefing doctor` shows them.
# [[mail.dkim]]
# domain = "briefing.example"
# selector = "b2026"
# key_file = "b2026.pem"
"""
