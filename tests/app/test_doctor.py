import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from briefing.app import doctor
from briefing.app.doctor import Finding, Level, examine, good, service
from briefing.cli import FAILED, run
from briefing.core.errors import SettingsError
from briefing.core.model import Operator, Source
from briefing.mail import sign
from briefing.mail.sign import Key, dns_record, read_key
from briefing.settings import Settings
from briefing.setup.checks import look_at_all
from briefing.setup.clock import now
from briefing.store import operators, sources
from tests.dnsserver import resolver, serving
from tests.examples import examples
from tests.mail.relays import PASSWORD, authority, proof, real, relay
from tests.mail.test_sign import pem
from tests.mailroom import ANN, DOMAIN, config, opened, publish, replaced, settings, subscribe
from tests.small_day import Said, told

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
NAME = f"b2026._domainkey.{DOMAIN}"
DKIM = f'[[mail.dkim]]\ndomain = "{DOMAIN}"\nselector = "b2026"\nkey_file = "b2026.pem"\n'


@pytest.fixture(scope="module")
def secret() -> bytes:
    return pem(rsa.generate_private_key(65537, 2048))


@pytest.fixture(scope="module")
def key(secret: bytes) -> Key:
    return read_key(secret, domain=DOMAIN, selector="b2026")


def found(folder: Path, *, ask: Mapping[str, Sequence[str]] | None = None) -> dict[str, Finding]:
    """Return what is found by the settings of a folder, the DNS holding some texts."""
    looking = look_at_all(
        partial(settings, folder), ask=lambda name: None if ask is None else ask.get(name, ())
    )
    return {one.name: one for one in looking}


def published(key: Key) -> list[str]:
    """Return what the DNS says of a key."""
    return ["".join(dns_record(key).split('"')[1::2])]


def test_a_sound_desk_is_told_to_be_so(
    tmp_path: Path, secret: bytes, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, ANN)
    with opened(tmp_path) as store, store.write() as tx:
        sources.add(tx, Source("https://news.example/feed"), at=now())
        operators.keep(tx, Operator("ann", "kept", now()))
    (tmp_path / "b2026.pem").write_bytes(secret)
    (tmp_path / "b2026.pem").chmod(0o600)
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "password").chmod(0o600)
    authority().cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with real(tls_context=proof(), require_starttls=True) as (port, taken):
        alerts = f'[alerts]\nmail = "ann@{DOMAIN}"\n'
        more = f'user = "desk"\npassword_file = "password"\n{DKIM}{alerts}'
        config(tmp_path, port=port, more=more)
        replaced(tmp_path, '"none"', '"starttls"')
        told = found(tmp_path, ask={NAME: published(key)})
        assert taken == []
    assert list(told) == [
        *"settings language ranker classifier theme fonts pango harfbuzz spoken press".split(),
        *"store sources timestamps editions readers operators disk temp".split(),
        *"schedule clock sender signing secrets links alerts".split(),
        *("relay", "leaving", "bounces", "key b2026"),
    ]
    assert {one.mark for one in told.values()} == {Level.GOOD}
    assert told["relay"].words == f"127.0.0.1:{port}, STARTTLS, logged in as desk"
    assert told["key b2026"].words == "rsa-sha256, as in the DNS"
    assert not (tmp_path / "briefing.secrets").exists()


def test_the_command_says_a_line_each_and_fails_if_broken(tmp_path: Path, capsys: Said) -> None:
    words = config(tmp_path)
    lines = told(capsys, "doctor", words, code=FAILED)[0].splitlines()
    assert lines[0] == "ok      settings: of 'Ostra Desk'"
    assert any(
        one.endswith("briefing.db: does not exist yet; `briefing collect` creates it")
        for one in lines
    )
    (facts,) = [line for line in lines if line.startswith("broken")]
    assert facts.startswith(
        "broken  relay: relay 127.0.0.1:1: Connection refused (at connecting); "
    )
    assert not (tmp_path / "briefing.db").exists()
    facts = json.loads(told(capsys, "doctor", "--json", words, code=FAILED)[0])
    assert {one["name"]: one["mark"] for one in facts}["relay"] == "broken"
    assert set(facts[0]) == {"name", "mark", "words", "advice"}


def test_nothing_is_asked_without_a_sender_or_settings(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "briefing.toml").write_text('name = "Ostra Desk"\n')
    out = told(capsys, "doctor", f"--config={tmp_path / 'briefing.toml'}")[0]
    assert "warning mail: nothing is sent; set mail.sender\n" in out
    assert "relay" not in out
    (tmp_path / "briefing.toml").write_text("papers = 1\n")
    assert run(["doctor", f"--config={tmp_path / 'briefing.toml'}"]) == FAILED
    settings_, *rest = capsys.readouterr().out.splitlines()
    assert settings_.startswith("broken  settings: ")
    assert "papers: unknown setting" in settings_
    checks = ["ok      pango", "ok      harfbuzz", "ok      spoken"]
    assert [line.split(":")[0] for line in rest] == checks


LIBRARIES = ("libnone.so.0", "libnothing.so.0")


@pytest.mark.parametrize(
    ("finding", "mark", "words"),
    [
        *((doctor.clock(datetime(year, 1, 1, tzinfo=UTC)), Level.BROKEN, "set the clock")
          for year in (1970, 2025, 2100)),
        (doctor.clock(SPRING), Level.GOOD, ""),
        (doctor.clock(SPRING, zones=("Moon/Base",)), Level.BROKEN,
         "no zone database: Moon/Base is not known"),
        (doctor.room(99_999_999), Level.BROKEN, "make room"),
        (doctor.room(999_999_999), Level.NOTE, "make room"),
        (doctor.room(1_000_000_000), Level.GOOD, ""),
        *((look(LIBRARIES), Level.BROKEN, words) for look in (doctor.pango, doctor.harfbuzz)
          for words in ("libnone.so.0", "libpango-1.0-0")),
        (doctor.pango_version("1.43.9"), Level.BROKEN, "1.43.9"),
        (doctor.pango_version("1.44.0"), Level.GOOD, ""),
    ],
)  # fmt: skip
def test_what_the_machine_lacks_is_told_with_its_remedy(
    finding: Finding, mark: Level, words: str
) -> None:
    assert finding.mark is mark
    assert words in f"{finding.words}; {finding.advice}"


def test_a_font_that_is_missing_is_named(tmp_path: Path) -> None:
    style = tmp_path / "page.css"
    style.write_text("a { src: url(fonts/One.ttf) } b { src: url(fonts/Two.ttf) }")
    (tmp_path / "one").touch()
    held = {"fonts/One.ttf": tmp_path / "one", "fonts/Two.ttf": tmp_path / "two"}
    seen = doctor.fonts(style, asset=held.get)
    assert (seen.mark, seen.words) == (Level.BROKEN, "missing: fonts/Two.ttf")
    assert doctor.fonts(style, asset=lambda _: tmp_path / "one").words == "2 faces"
    lines = ["Tageblatt", "\u65e5\u5831"]
    seen = doctor.fonts(style, asset=lambda _: tmp_path / "one", lines=lines)
    assert seen.mark is Level.NOTE
    assert seen.words.startswith('2 faces; they do not hold all of "\u65e5\u5831"')
    style.write_text("")
    assert doctor.fonts(style, asset=held.get).words == "missing: all"


def test_a_relay_without_tls_is_said_to_be_so() -> None:
    with real() as (port, _):
        assert service.relay(relay(port)) == good(f"127.0.0.1:{port}, without TLS")


class TestKeys:
    def test_the_dns_must_say_the_same(self, key: Key) -> None:
        asked: list[str] = []

        def ask(name: str) -> list[str]:
            asked.append(name)
            return [*published(key), "v=spf1 -all"]

        assert service.key(key, ask=ask).mark is Level.GOOD
        assert asked == [NAME]
        spaced = published(key)[0].replace("p=", "p = ").replace("A", "A ", 3)
        assert service.key(key, ask=lambda _: [spaced]).mark is Level.GOOD

    @examples("texts, words")
    def test_another_key_is_broken(self, texts: list[str], words: str, key: Key) -> None:
        seen = service.key(key, ask=lambda _: texts)
        assert (seen.mark, seen.words) == (Level.BROKEN, words)
        assert seen.advice == f"publish: {dns_record(key)}"

    def test_a_dns_that_cannot_be_asked_is_no_failure(self, key: Key) -> None:
        seen = service.key(key, ask=lambda _: None)
        assert (seen.mark, seen.words) == (Level.NOTE, "the DNS could not be queried")

    def test_mails_should_be_signed_by_the_senders_domain(self, key: Key) -> None:
        assert service.signing([], domain=DOMAIN).mark is Level.NOTE
        assert service.signing([key], domain=DOMAIN).mark is Level.GOOD
        assert service.signing([key, key], domain=f"news.{DOMAIN}").words == "2 keys"
        assert service.signing([key], domain=f"news{DOMAIN}").mark is Level.NOTE


@examples("web, mailbox, mark, words", mark=Level)
def test_readers_must_have_a_way_to_leave(web: str, mailbox: str, mark: Level, words: str) -> None:
    seen = service.leaving(web, mailbox=mailbox)
    assert (seen.mark, seen.words) == (mark, words)


class TestSecrets:
    def test_a_password_that_others_may_read_is_noted(self, tmp_path: Path) -> None:
        config(tmp_path, more='password_file = "password"\nbounces_password_file = "none"')
        (tmp_path / "briefing.secrets").write_text("A" * 43 + "=")
        (tmp_path / "briefing.secrets").chmod(0o600)
        password = tmp_path / "password"
        password.write_text("hush")
        password.chmod(0o644)
        told = found(tmp_path)["secrets"]
        assert (told.mark, told.words) == (Level.NOTE, f"others may read {password}")
        password.chmod(0o600)
        assert found(tmp_path)["secrets"].words.endswith(
            "briefing.secrets: 1, not readable by others"
        )


def test_a_mailbox_that_is_missing_is_broken(tmp_path: Path) -> None:
    config(tmp_path)
    os.rename(tmp_path / "returned", tmp_path / "elsewhere")  # noqa: PTH104  a folder
    told = found(tmp_path)["bounces"]
    assert told.mark is Level.BROKEN
    assert "not a Maildir" in told.words
    replaced(tmp_path, '"returned"', '""')
    assert found(tmp_path)["bounces"].mark is Level.NOTE


def test_a_check_that_fails_itself_is_a_finding() -> None:
    def refused() -> Finding:
        raise PermissionError(13, "Permission denied")

    def wrong() -> Finding:
        raise SettingsError("x.toml: wrong")

    told = list(examine({"a": refused, "b": wrong, "c": lambda: good("fine")}))
    assert [one.mark for one in told] == [Level.BROKEN, Level.BROKEN, Level.GOOD]
    assert told[1].words == "x.toml: wrong"
    assert "Permission denied" in told[0].words


def test_a_disk_is_looked_at_where_the_store_will_be(tmp_path: Path) -> None:
    (tmp_path / "briefing.toml").write_text('[store]\nat = "deep/down/briefing.db"\n')
    assert found(tmp_path)["disk"].mark is not Level.BROKEN
    assert Settings().store.at == "briefing.db"


class TestDns:
    def test_texts_are_joined_and_having_none_is_not_the_same_as_no_answer(self) -> None:
        with serving({"one.example": '"v=DKIM1; " "p=AAAA"'}) as port:
            assert sign.texts("one.example", resolver=resolver(port)) == ("v=DKIM1; p=AAAA",)
        with serving({"one.example": ""}) as port:
            assert sign.texts("one.example", resolver=resolver(port)) == ()
            assert sign.texts("two.example", resolver=resolver(port)) == ()
        silent = frozenset({"one.example"})
        with serving({}, silent=silent) as port:
            assert sign.texts("one.example", resolver=resolver(port), patience=0.2) is None

    @pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".example"])
    def test_what_is_no_name_cannot_be_asked(self, name: str) -> None:
        assert sign.texts(name, resolver=resolver(1)) is None


def test_a_store_that_others_may_read_is_noted_with_the_remedy(tmp_path: Path) -> None:
    config(tmp_path)
    with opened(tmp_path) as store:
        subscribe(store, ANN)
    assert found(tmp_path)["store"].mark is Level.GOOD
    (tmp_path / "briefing.db").chmod(0o644)
    told = found(tmp_path)["store"]
    assert told.mark is Level.NOTE
    assert told.words.endswith("sound, but others may read " + str(tmp_path / "briefing.db"))
    assert told.advice == f"run: chmod go= {tmp_path / 'briefing.db'}"
