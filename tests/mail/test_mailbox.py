import io
from pathlib import Path

import pytest

from briefing.core.errors import InputError
from briefing.mail.incoming import MAIL_LIMIT
from briefing.mail.mailbox import Arrived, Maildir, MailStream
from tests.mail.servers import KNOWN, LETTER, read_all

# Maildir


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.a.host").write_bytes(KNOWN)
    (tmp_path / "cur" / "2.b.host:2,F").write_bytes(KNOWN)
    (tmp_path / "new" / "3.c.host").write_bytes(LETTER)
    (tmp_path / "cur" / "0.d.host:2,S").write_bytes(KNOWN)
    (tmp_path / "new" / ".hidden").write_bytes(KNOWN)
    return tmp_path


def files(path: Path) -> list[str]:
    return sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())


def test_known_mail_of_a_maildir_is_marked_as_seen_and_unknown_mail_stays(maildir: Path) -> None:
    mails = read_all(Maildir(maildir))
    assert mails == [
        Arrived("new/1.a.host", KNOWN),
        Arrived("cur/2.b.host:2,F", KNOWN),
        Arrived("new/3.c.host", LETTER),
    ]
    read_all(Maildir(maildir))
    assert files(maildir) == [
        "cur/0.d.host:2,S",
        "cur/1.a.host:2,S",
        "cur/2.b.host:2,FS",
        "new/.hidden",
        "new/3.c.host",
    ]
    assert [mail.handle for mail in read_all(Maildir(maildir))] == ["new/3.c.host"]


def test_mail_of_a_maildir_that_was_read_and_not_settled_comes_again(maildir: Path) -> None:
    assert read_all(Maildir(maildir), settle=False) == read_all(Maildir(maildir))


def test_mail_that_another_program_takes_from_a_maildir_is_passed_over(maildir: Path) -> None:
    mailbox = Maildir(maildir)
    mails = iter(mailbox)
    first = next(mails)
    (maildir / "new" / "1.a.host").unlink()
    (maildir / "cur" / "2.b.host:2,F").rename(maildir / "cur" / "2.b.host:2,FS")
    mailbox.settle(first.handle, understood=True)
    assert [mail.handle for mail in mails] == ["new/3.c.host"]


def test_links_folders_and_large_files_in_a_maildir_are_not_read(maildir: Path) -> None:
    (maildir / "new" / "4.link").symlink_to("/etc/hostname")
    (maildir / "new" / "5.folder").mkdir()
    assert len(read_all(Maildir(maildir))) == 3


def test_mail_of_a_maildir_that_is_too_large_is_named_and_kept(maildir: Path) -> None:
    with (maildir / "new" / "4.big").open("wb") as file:
        file.truncate(MAIL_LIMIT + 1)
    (*_, big) = read_all(Maildir(maildir))
    assert (big.raw, big.fault) == (b"", "larger than 25,000,000 bytes; not read")
    assert (maildir / "new" / "4.big").exists()


def test_mail_of_a_maildir_that_cannot_be_read_does_not_hide_the_next(maildir: Path) -> None:
    mails = iter(Maildir(maildir))
    next(mails)
    (maildir / "cur" / "2.b.host:2,F").unlink()
    (maildir / "cur" / "2.b.host:2,F").mkdir()
    assert list(mails) == [
        Arrived("cur/2.b.host:2,F", b"", fault="Is a directory; check who may read it"),
        Arrived("new/3.c.host", LETTER),
    ]


def test_a_folder_that_is_no_maildir_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not a Maildir .*new, cur and tmp"):
        Maildir(tmp_path)


def test_a_maildir_that_goes_away_is_reported_in_one_line(maildir: Path) -> None:
    mailbox = Maildir(maildir)
    for path in (maildir / "new").iterdir():
        path.unlink()
    (maildir / "new").rmdir()
    with pytest.raises(InputError, match="No such file or directory; check who may read it"):
        list(mailbox)


def test_what_cannot_be_moved_stays_and_is_reported(maildir: Path) -> None:
    name = "9" * 255
    (maildir / "new" / name).write_bytes(KNOWN)
    with pytest.raises(
        InputError, match=r"cannot be moved \(File name too long\); check who may write there"
    ):
        Maildir(maildir).settle(f"new/{name}", understood=True)
    assert (maildir / "new" / name).exists()


# Streams


def test_a_stream_is_one_mail_or_none_or_an_mbox_of_many() -> None:
    assert read_all(MailStream(io.BytesIO(KNOWN))) == [Arrived("mail 1", KNOWN)]
    assert read_all(MailStream(io.BytesIO(b""))) == []
    mbox = (
        b"From MAILER-DAEMON Tue Mar  3 07:00:01 2026\nSubject: 1\n\nFrom here on\n"
        b">From there\n>>From both\nFrom a@b.example Tue Mar  3 07:00:02 2026\n\n"
        b"From ada@readers.example Tue Mar  3 07:00:03 2026\nSubject: 2\n\ntwo\n"
    )
    first = (
        b"Subject: 1\n\nFrom here on\nFrom there\n>From both\n"
        b"From a@b.example Tue Mar  3 07:00:02 2026\n\n"
    )
    assert [mail.raw for mail in MailStream(io.BytesIO(mbox))] == [first, b"Subject: 2\n\ntwo\n"]
    head = b"From a@b.example Tue Mar  3 07:00:01 2026\n"
    big = b"Subject: big\n\n" + b"x" * (MAIL_LIMIT + 1) + b"\n\n"
    large, second = MailStream(io.BytesIO(head + big + head + KNOWN))
    assert large == Arrived("mail 1", b"", fault="larger than 25,000,000 bytes; not read")
    assert second.raw == KNOWN
