"""Invented mails that come back, in the shapes of many mail systems, readers and languages."""

import base64
import quopri
from collections.abc import Callable, Iterator
from dataclasses import dataclass

PATH = "bounce+abcdefgh@news.example"
READER = "ada@readers.example"


def letter(head: str, body: str = "", *, to: str = PATH) -> bytes:
    """Return a mail of the headers given, sent to our return path."""
    return f"Delivered-To: {to}\nTo: {to}\n{head.strip()}\n\n{body}".encode()


def report(
    fields: str,
    *,
    head: str = "From: MAILER-DAEMON@mx.example",
    status_head: str = "Content-Type: message/delivery-status",
    outer: str = "multipart/report; report-type=delivery-status",
    returned: str = f"Return-Path: <{PATH}>\nSubject: Morning page",
) -> bytes:
    """Return a delivery report as RFC 3464 wants it."""
    return letter(
        f'{head}\nMIME-Version: 1.0\nContent-Type: {outer}; boundary="=_b"',
        "--=_b\nContent-Type: text/plain\n\nYour mail could not be delivered.\n\n"
        f"--=_b\n{status_head}\n\nReporting-MTA: dns; mx.example\n\n{fields}\n\n"
        f"--=_b\nContent-Type: message/rfc822\n\n{returned}\n\nText\n\n--=_b--\n",
    )


def failed(
    status: str, diagnostic: str = "", *, action: str = "failed", address: str = READER
) -> str:
    lines = f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}"
    return f"{lines}\nDiagnostic-Code: smtp; {diagnostic}" if diagnostic else lines


def complaint(feedback: str, *, rcpt: str = f"Original-Rcpt-To: <{READER}>") -> bytes:
    return letter(
        "From: fbl@provider.example\nAuto-Submitted: auto-generated\nContent-Type: "
        "multipart/report; report-type=feedback-report; boundary=f",
        "--f\n\nThis is an email abuse report.\n--f\nContent-Type: message/feedback-report\n\n"
        f"Feedback-Type: {feedback}\nUser-Agent: FBL/1\nVersion: 1\n"
        f"Original-Mail-From: <{PATH}>\n{rcpt}\n"
        "--f\nContent-Type: message/rfc822\n\nReturn-Path: <other@news.example>\n\nText\n--f--\n",
        to="abuse@news.example",
    )


# ruff: noqa: E501, RUF001  one notice a line, in its own letters


HARD, SOFT, NONE = "hard", "soft", "none"
_OURS = "Subject: Morning page\nFrom: Ostra Desk <news@desk.example>\nMessage-ID: <1@desk.example>"


@dataclass(frozen=True)
class Case:
    """One invented mail."""

    name: str
    raw: bytes
    #: HARD, SOFT or NONE: no bounce at all.
    expected: str


@dataclass(frozen=True)
class _Notice:
    name: str
    sender: str
    subject: str
    body: str
    expected: str
    head: str = ""


D = "MAILER-DAEMON@mx.example"
P = "postmaster@mx.example"
W = READER
#: Name, sender, subject, text, expected result. {w} is the reader.
_NOTICES = [
    _Notice("postfix", f"Mail Delivery System <{D}>", "Undelivered Mail Returned to Sender", "This is the mail system at host mx.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<{w}>: host mx.readers.example[192.0.2.3] said: 550 5.1.1\n    <{w}>: Recipient address rejected: User unknown (in reply to RCPT TO command)", HARD, "Auto-Submitted: auto-replied"),
    _Notice("postfix-plain", f"Mail Delivery System <{D}>", "Undelivered Mail Returned to Sender", "I'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<{w}>: unknown user: \"ada\"", HARD, "Auto-Submitted: auto-replied"),
    _Notice("postfix-delay", f"Mail Delivery System <{D}>", "Delayed Mail (still being retried)", "This is the mail system.\n\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nYour message could not be delivered for more than 4 hour(s).\nIt will be retried until it is 5 day(s) old.\n\n<{w}>: connect to mx.readers.example[192.0.2.3]:25: Connection timed out", SOFT, "Auto-Submitted: auto-replied"),
    _Notice("qmail", D, "failure notice", "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<{w}>:\nSorry, no mailbox here by that name. (#5.1.1)", HARD),
    _Notice("qmail-full", D, "failure notice", "Hi. This is the qmail-send program at mx.example.\nThis is a permanent error; I've given up.\n\n<{w}>:\nThe users mailfolder is over the allowed quota (size). (#5.2.2)", SOFT),
    _Notice("exim", f"Mail Delivery System <{D}>", "Mail delivery failed: returning message to sender", "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  {w}\n    host mx.readers.example [192.0.2.3]\n    SMTP error from remote mail server after RCPT TO:<{w}>:\n    550 No such user here", HARD),
    _Notice("exim-delay", f"Mail Delivery System <{D}>", "Warning: message 1abcde-000001-AB delayed 24 hours", "A message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.example.\n\nThe address to which the message has not yet been delivered is:\n\n  {w}\n\nNo action is required on your part.", SOFT),
    _Notice("sendmail", f"Mail Delivery Subsystem <{D}>", "Returned mail: see transcript for details", "The original message was received at Tue, 3 Mar 2026 07:00:01 GMT\n\n   ----- The following addresses had permanent fatal errors -----\n<{w}>\n    (reason: 550 5.1.1 <{w}>... User unknown)\n\n   ----- Transcript of session follows -----\n550 5.1.1 <{w}>... User unknown", HARD),
    _Notice("sendmail-warning", f"Mail Delivery Subsystem <{D}>", "Warning: could not send message for past 4 hours", "    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************\n\n   ----- Transcript of session follows -----\n... while talking to mx.readers.example\n<{w}>... Deferred: Connection refused\nWill keep trying until message is 5 days old", SOFT),
    _Notice("exchange", "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@mx.example>", "Undeliverable: Morning page", "Delivery has failed to these recipients or groups:\n\n{w} ({w})\nThe email address you entered couldn't be found. Please check the recipient's email address and try to resend the message.\n\nDiagnostic information for administrators:\n\nGenerating server: mx.example\n\n{w}\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##", HARD),
    _Notice("office365", f"Postmaster <{P}>", "Undeliverable: Morning page", "Your message to {w} couldn't be delivered.\nada wasn't found at readers.example.\n\nStatus code: 550 5.1.10\n\nRecipient address: {w}\nError: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", HARD),
    _Notice("exchange-old", "System Administrator <postmaster@mx.example>", "Undeliverable: Morning page", "Your message\n\n  To:      {w}\n  Subject: Morning page\n  Sent:    Tue, 3 Mar 2026 07:00:01\n\ndid not reach the following recipient(s):\n\n{w} on Tue, 3 Mar 2026 07:00:04\n    The recipient name is not recognized\n\tThe MTS-ID of the original message is: c=US;a= ;p=Org;l=MX-0303070001Z-1", HARD),
    _Notice("gmail", "Mail Delivery Subsystem <mailer-daemon@googlemail.example>", "Delivery Status Notification (Failure)", "** Address not found **\n\nYour message wasn't delivered to {w} because the address couldn't be found, or is unable to receive mail.\n\nThe response from the remote server was:\n550 5.1.1 The email account that you tried to reach does not exist.", HARD),
    _Notice("gmail-delay", "Mail Delivery Subsystem <mailer-daemon@googlemail.example>", "Delivery Status Notification (Delay)", "** Delivery incomplete **\n\nThere was a temporary problem delivering your message to {w}. Gmail will retry for 46 more hours. You'll be notified if the delivery fails permanently.", SOFT),
    _Notice("gmail-full", "Mail Delivery Subsystem <mailer-daemon@googlemail.example>", "Delivery Status Notification (Failure)", "** Recipient inbox full **\n\nYour message couldn't be delivered to {w}. Their inbox is full, or it's getting too much mail right now.\n\n452 4.2.2 The email account that you tried to reach is over quota.", SOFT),
    _Notice("yahoo", "MAILER-DAEMON@yahoo.example", "Failure Notice", "Sorry, we were unable to deliver your message to the following address.\n\n<{w}>:\n554: delivery error: dd This user doesn't have a readers.example account ({w}) [0]", HARD),
    _Notice("aol", "Mail Delivery Subsystem <MAILER-DAEMON@aol.example>", "Mail Delivery Problem", "Your mail to the following recipients could not be delivered because they are not accepting mail:\n\n    {w}\n\n    reason: 550 MAILBOX NOT FOUND", HARD),
    _Notice("gmx", "\"GMX Mailer Daemon\" <mailer-daemon@gmx.example>", "Mail delivery failed: returning message to sender", "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. This is a permanent error. The following address\nfailed:\n\n\"{w}\":\nSMTP error from remote server for RCPT TO command, host: mx.readers.example (192.0.2.3) reason: 550 Requested action not taken: mailbox unavailable", HARD),
    _Notice("webde-german", "\"WEB.DE Mailer Daemon\" <mailer-daemon@web.example>", "Unzustellbar: Morning page", "Diese Nachricht wurde automatisch erzeugt.\n\nIhre E-Mail konnte an folgende Empfänger nicht zugestellt werden:\n\n{w}\n\nDer Empfänger ist unbekannt (550 unknown user).", HARD),
    _Notice("lotus", "Postmaster@mx.example", "DELIVERY FAILURE: User ada (ada@readers.example) not listed in Domino Directory", "Your message\n\n  Subject: Morning page\n\nwas not delivered to:\n\n  {w}\n\nbecause:\n\n  User ada ({w}) not listed in Domino Directory", HARD),
    _Notice("groupwise", "Mailer-Daemon@mx.example", "Message status - undeliverable", "The message that you sent was undeliverable to the following:\n\t{w} (user not found)\n\nPossibly truncated original message follows:", HARD),
    _Notice("groupwise-full", "Mailer-Daemon@mx.example", "Message status - undeliverable", "The message that you sent was undeliverable to the following:\n\t{w} (mailbox is full)", SOFT),
    _Notice("mailenable", "MailEnable Mail System <postmaster@mx.example>", "Message Delivery Failure", "MailEnable: Message Delivery Failure.\n\nThe following recipient(s) could not be reached:\n\n\tRecipient: [SMTP:{w}]\n\tReason: Remote SMTP Server Returned: 550 No such recipient", HARD),
    _Notice("hmailserver", "mailer-daemon@mx.example", "Message undeliverable: Morning page", "Your message did not reach some or all of the intended recipients.\n\n   Sent: Tue, 3 Mar 2026 07:00:01 +0000\n   Subject: Morning page\n\nThe following recipient(s) could not be reached:\n\n{w}\n   Error Type: SMTP\n   Remote server (192.0.2.3) issued an error.\n   hMailServer sent: RCPT TO:<{w}>\n   Remote server replied: 550 Unknown user", HARD),
    _Notice("ses", "Mail Delivery Subsystem <MAILER-DAEMON@amazonses.example>", "Delivery Status Notification (Failure)", "An error occurred while trying to deliver the mail to the following recipients:\n{w}", SOFT),
    _Notice("sendgrid", "mailer-daemon@sendgrid.example", "Undelivered Mail Returned to Sender", "Your email could not be delivered for the following reason:\n\nUser Unknown\n\nRecipient: {w}\n550 5.1.1 User Unknown", HARD),
    _Notice("mimecast", "Mail Delivery System <postmaster@eu.mimecast.example>", "[Postmaster] Email Delivery Failure", "This is a delivery failure notification message indicating that\nan email you addressed to email address :\n-- {w}\n\ncould not be delivered. The problem appears to be :\n-- Recipient email address is possibly incorrect\n\nAdditional information follows :\n-- 5.1.1 User Unknown", HARD),
    _Notice("barracuda", "\"Barracuda Spam Firewall\" <postmaster@mx.example>", "**Message you sent blocked by our bulk email filter**", "Your message to: {w}\nwas blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:\n\nSubject: Morning page", SOFT),
    _Notice("zimbra", f"MAILER-DAEMON (Mail Delivery System) <{D}>", "Undelivered Mail Returned to Sender", "<{w}>: host zimbra.readers.example[192.0.2.9] said: 552 5.2.2 Over quota (in reply to end of DATA command)", SOFT),
    _Notice("imail", "Postmaster <root@mx.example>", "Undeliverable Mail", "Unknown user: {w}\n\nOriginal message follows.", HARD),
    _Notice("mercury", "Electronic Postmaster <postmaster@mx.example>", "Postmaster Notify: Delivery Failure.", "The attached message has failed delivery to the following address:\n\n   {w}\n   Error: 550 user not known at this site", HARD),
    _Notice("smtp32", "Postmaster <postmaster@mx.example>", "Undeliverable Mail", "User mailbox exceeds allowed size: {w}\n\nOriginal message follows.", SOFT),
    _Notice("x400", "X400-MTA <postmaster@gw.example>", "Delivery Report (failure) for ada@readers.example", "This report relates to your message: Morning page\n\nYour message was not delivered to {w} for the following reason:\n   Recipient's mailbox name unknown: unrecognised-OR-name (1)", HARD),
    _Notice("mdaemon", "MDaemon at mx.example <mdaemon@mx.example>", "Permanent Delivery Failure", "The attached message had PERMANENT fatal delivery errors!\n\nFailed address: {w}\n\n--> RCPT TO:<{w}>\n<-- 550 5.1.1 Recipient unknown", HARD),
    _Notice("kerio", "\"Mail Delivery System\" <postmaster@mx.example>", "Delivery failure notification", "Your message could not be delivered to the following recipients:\n\n  {w}\n\nReason: No such user", HARD),
    _Notice("communigate", "MAILER-DAEMON@mx.example", "Undeliverable mail", "Failed to deliver to '{w}'\nLOCAL module(account ada) reports:\n account is full (quota exceeded)", SOFT),
    _Notice("surgemail", "Mail Delivery <postmaster@mx.example>", "Delivery Failure", "Could not deliver message to the following recipient(s):\n\nFailed Recipient: {w}\nReason: Remote host said: 550 mailbox not found", HARD),
    _Notice("courier", f"\"Courier mail server at mx.example\" <{P}>", "NOTICE: mail delivery status.", "This is a delivery status notification from mx.example.\n\nYour message to the following recipients could not be delivered:\n\n<{w}>:\n     mx.readers.example [192.0.2.3]:\n<<< 550 User unknown.", HARD),
    _Notice("no-sender", "<>", "Delivery report", "Mail to {w} was not delivered: 550 no such user", HARD),
    _Notice("no-words", f"{D}", "Undeliverable", "See attachment.", SOFT),
    _Notice("policy", f"Mail Delivery System <{D}>", "Undelivered Mail Returned to Sender", "<{w}>: host mx.readers.example said: 550 5.7.1 Message rejected due to spam policy (in reply to end of DATA command)", SOFT),
    _Notice("too-large", f"Mail Delivery System <{D}>", "Undelivered Mail Returned to Sender", "<{w}>: message size 999999 exceeds size limit 100 of server (552 5.3.4)", SOFT),
    _Notice("greylisted", f"Mail Delivery System <{D}>", "Undelivered Mail Returned to Sender", "<{w}>: delivery temporarily suspended: 450 4.2.0 Greylisted, giving up", SOFT),
    _Notice("dns", f"Mail Delivery System <{D}>", "Undelivered Mail Returned to Sender", "<{w}>: Host or domain name not found. Name service error for name=readers.example type=MX: Host not found (5.4.4)", HARD),
    _Notice("german", "Postmaster <postmaster@mx.example>", "Unzustellbar: Morgenseite", "Die Nachricht hat die folgenden Empfänger nicht erreicht:\n\n{w}\nDas Postfach existiert nicht.", HARD),
    _Notice("german-full", "Mail-Zustellsystem <mailer-daemon@mx.example>", "Zustellung fehlgeschlagen", "Ihre Nachricht an {w} konnte nicht zugestellt werden.\nGrund: Das Postfach des Empfängers ist voll.", SOFT),
    _Notice("german-delay", "Mail-Zustellsystem <mailer-daemon@mx.example>", "Zustellung verzögert", "Ihre Nachricht an {w} konnte noch nicht zugestellt werden. Die Zustellung wird weiter versucht.", SOFT),
    _Notice("french", "Administrateur système <postmaster@mx.example>", "Non remis : Page du matin", "Votre message n'a pas pu être remis au destinataire suivant :\n\n{w}\n\nL'adresse n'existe pas.", HARD),
    _Notice("french-full", "Service de messagerie <mailer-daemon@mx.example>", "Échec de la remise", "Le message destiné à {w} n'a pas été remis : la boîte du destinataire est pleine.", SOFT),
    _Notice("spanish", "Sistema de correo <mailer-daemon@mx.example>", "No se pudo entregar: Página", "No se ha podido entregar su mensaje a:\n\n{w}\n\nEl usuario no existe.", HARD),
    _Notice("spanish-full", "Sistema de correo <mailer-daemon@mx.example>", "Correo devuelto", "El buzón de {w} está lleno; el mensaje fue rechazado.", SOFT),
    _Notice("italian", "Sistema di posta <postmaster@mx.example>", "Mancata consegna: Pagina", "Il messaggio non è stato consegnato a:\n\n{w}\n\nDestinatario sconosciuto.", HARD),
    _Notice("italian-delay", "Sistema di posta <postmaster@mx.example>", "Avviso di mancato recapito", "Il messaggio per {w} è in ritardo; non ancora consegnato.", SOFT),
    _Notice("portuguese", "Sistema de e-mail <mailer-daemon@mx.example>", "Falha na entrega", "Não foi possível entregar a mensagem para:\n\n{w}\n\nUsuário desconhecido.", HARD),
    _Notice("polish", "System pocztowy <mailer-daemon@mx.example>", "Niedostarczona wiadomość", "Nie udało się dostarczyć wiadomości do:\n\n{w}\n\nUżytkownik nieznany.", HARD),
    _Notice("japanese", "メール配信システム <mailer-daemon@mx.example>", "配信不能通知", "次の宛先にメールを配信できませんでした。\n\n{w}\n\nユーザーが存在しません。", HARD),
    _Notice("japanese-full", "メール配信システム <mailer-daemon@mx.example>", "送信エラー", "{w} 宛のメールは配信できませんでした。メールボックスがいっぱいです。", SOFT),
    _Notice("chinese", "邮件系统 <postmaster@mx.example>", "系统退信", "您的邮件无法投递到以下收件人：\n\n{w}\n\n原因：用户不存在", HARD),
    _Notice("chinese-full", "邮件系统 <postmaster@mx.example>", "退信通知", "发往 {w} 的邮件被退回：收件人邮箱已满。", SOFT),
    _Notice("russian", "Почтовая система <mailer-daemon@mx.example>", "Сообщение не доставлено", "Ваше сообщение не удалось доставить получателю:\n\n{w}\n\nПользователь не существует.", HARD),
    _Notice("russian-full", "Почтовая система <mailer-daemon@mx.example>", "Недоставленное сообщение", "Письмо для {w} не доставлено: почтовый ящик переполнен.", SOFT),
    _Notice("dutch", "Mail systeembeheer <postmaster@mx.example>", "Onbestelbaar: Ochtendpagina", "Uw bericht kon niet worden bezorgd bij:\n\n{w}\n\nOntvanger onbekend.", HARD),
]  # fmt: skip

#: A whole mail of a notice: head, words, what comes after.
_Shape = Callable[[_Notice], bytes]


def _mail(notice: _Notice, head: str, body: bytes) -> bytes:
    lines = [
        f"Delivered-To: {PATH}",
        f"From: {notice.sender}",
        f"To: {PATH}",
        f"Subject: {notice.subject}",
        *([notice.head] if notice.head else []),
        "Date: Tue, 03 Mar 2026 07:00:05 +0000",
        "MIME-Version: 1.0",
        head,
    ]
    return "\n".join(lines).encode() + b"\n\n" + body


def _plain(notice: _Notice) -> bytes:
    copy = f"\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <{PATH}>\n{_OURS}\n\nHello\n"
    text = notice.body.format(w=W) + copy
    return _mail(notice, "Content-Type: text/plain; charset=utf-8", text.encode())


def _quoted(notice: _Notice) -> bytes:
    text = quopri.encodestring(notice.body.format(w=W).encode())
    body = (
        b"--=_b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        + text
        + f"\n--=_b\nContent-Type: message/rfc822\n\nReturn-Path: <{PATH}>\nTo: {W}\n{_OURS}\n\nHello\n--=_b--\n".encode()
    )
    return _mail(notice, 'Content-Type: multipart/mixed; boundary="=_b"', body)


def _html(notice: _Notice) -> bytes:
    text = notice.body.format(w=f'<a href="mailto:{W}">{W}</a>').replace("\n", "<br>\n")
    coded = base64.encodebytes(f"<html><body><p>{text}</p></body></html>".encode())
    body = (
        b"--=_b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        + coded
        + f"\n--=_b\nContent-Type: text/rfc822-headers\n\nReturn-Path: <{PATH}>\n{_OURS}\n--=_b--\n".encode()
    )
    return _mail(notice, 'Content-Type: multipart/mixed; boundary="=_b"', body)


def _report(notice: _Notice) -> bytes:
    code = {HARD: ("failed", "5.1.1", "550 No such user"), SOFT: ("delayed", "4.4.1", "")}
    action, status, diagnostic = code[notice.expected]
    body = (
        f"--=_b\nContent-Type: text/plain; charset=utf-8\n\n{notice.body.format(w=W)}\n"
        "--=_b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; {W}\nAction: {action}\nStatus: {status}\n"
        f"{f'Diagnostic-Code: smtp; {diagnostic}' if diagnostic else ''}\n"
        f"--=_b\nContent-Type: message/rfc822\n\nReturn-Path: <{PATH}>\n{_OURS}\n\nHello\n--=_b--\n"
    )
    return _mail(
        notice,
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"',
        body.encode(),
    )


_SHAPES: dict[str, _Shape] = {"plain": _plain, "quoted": _quoted, "html": _html, "report": _report}

_ANSWERS = {
    "en": ("Automatic reply: Morning page", "I am out of the office until Monday. Contact bo@readers.example; mail to ada is not forwarded and cannot be delivered."),
    "de": ("Abwesenheitsnotiz: Morgenseite", "Ich bin nicht im Haus. Ihre Nachricht wird nicht weitergeleitet. Vertretung: bo@readers.example"),
    "fr": ("Réponse automatique : Page", "Je suis absente. Votre message n'a pas été transmis ; écrivez à bo@readers.example."),
    "es": ("Respuesta automática: Página", "Estoy fuera de la oficina. No se puede entregar nada antes del lunes. bo@readers.example"),
    "it": ("Risposta automatica: Pagina", "Sono fuori ufficio; scrivere a bo@readers.example, non è possibile rispondere."),
    "pt": ("Resposta automática: Página", "Estou ausente; não foi possível responder. bo@readers.example"),
    "nl": ("Automatisch antwoord: Pagina", "Ik ben afwezig; uw bericht is niet gelezen. bo@readers.example"),
    "pl": ("Odpowiedź automatyczna: Strona", "Nie ma mnie; nie można się skontaktować. bo@readers.example"),
    "ru": ("Автоматический ответ: Страница", "Я не на месте; письмо не будет прочитано. bo@readers.example"),
    "ja": ("自動応答: 朝刊", "不在です。返信できません。bo@readers.example"),
    "zh": ("自动回复: 晨报", "我不在办公室，无法回复。bo@readers.example"),
}  # fmt: skip
_ANSWERING = {
    "marked": "Auto-Submitted: auto-replied\nReturn-Path: <ada@readers.example>",
    "exchange": "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\nReturn-Path: <>",
    "sieve": "Auto-Submitted: auto-replied (vacation)\nReturn-Path: <>",
    "bulk": "Precedence: bulk\nX-Autoreply: yes",
}
_PEOPLE = {
    "question": (f"Ada <{W}>", "Re: Morning page", "When is the next one due?", ""),
    "quotes a bounce": (f"Ada <{W}>", "Re: Undelivered Mail Returned to Sender", f"What is this?\n\n> <{W}>: 550 5.1.1 User unknown\n> could not be delivered", ""),
    "forwards a bounce": (f"Ada <{W}>", "Fwd: Undelivered Mail Returned to Sender", f"I got this.\n\n---------- Forwarded message ----------\nFrom: Mail Delivery System <{D}>\n\n<{W}>: 550 5.1.1 User unknown", ""),
    "german answer": (f"Ada <{W}>", "AW: Unzustellbar: Morgenseite", f"Was heißt das?\n\n> {W} ist unbekannt", ""),
    "newsletter": ("News <news@other.example>", "Delivering on our promises: full mailbox of offers", "Unknown? Not found? No longer! Write to offers@other.example", "List-Id: <news.other.example>\nPrecedence: bulk"),
    "shop": ("Shop <shop@other.example>", "Your delivery is delayed", "Parcel 550 could not be delivered to you; contact help@other.example", ""),
    "invoice": ("Shop <shop@other.example>", "Delivery note 4711", "550 pieces were delivered. Questions: help@other.example", ""),
    "ticket": ("Support <support@other.example>", "[Ticket#20260303] Your request", "We have received your mail. It failed to be assigned; agent@other.example", "Auto-Submitted: auto-replied"),
    "challenge": ("Ada <ada@readers.example>", "Please confirm your message", "Your mail is held and not delivered until you confirm: confirm@other.example", "Auto-Submitted: auto-replied"),
    "verify": ("Filter <verify@other.example>", "Verification required", "Mail to ada was not delivered. Verify at verify@other.example", "Auto-Submitted: auto-replied"),
    "list": ("Desk list <list-bounces@lists.example>", "Desk digest, Vol 3", "Topics: mailbox full, user unknown: a@b.example", "List-Id: <desk.lists.example>\nPrecedence: list"),
    "moderated": ("list-owner@lists.example", "Your message to desk awaits moderator approval", "Is being held until the list moderator can review it: list-owner@lists.example", "Precedence: bulk"),
    "calendar": (f"Ada <{W}>", "Accepted: Morning meeting", "Ada has accepted.", ""),
    "address change": (f"Ada <{W}>", "My new address", "My old mailbox ada@readers.example no longer works; use ada@new.example", ""),
    "complaint by hand": (f"Ada <{W}>", "Page not received", "I did not receive the page; was it returned? ada@readers.example", ""),
    "russian letter": (f"Ada <{W}>", "Письмо не пришло", "Сегодня письмо не было доставлено. ada@readers.example", ""),
    "italian letter": (f"Ada <{W}>", "Messaggio non ricevuto", "Oggi non è arrivato. ada@readers.example", ""),
    "polish letter": (f"Ada <{W}>", "Wiadomość nie dotarła", "Nie została dostarczona. ada@readers.example", ""),
    "german letter": (f"Ada <{W}>", "Nachricht nicht gelesen", "Ich habe die Nachricht nicht gelesen.", ""),
    "french letter": (f"Ada <{W}>", "Message d'Ada", "Le message n'est pas clair.", ""),
    "spanish letter": (f"Ada <{W}>", "Mensaje de Ada", "No se entiende.", ""),
}  # fmt: skip


def _success(action: str, *, language: str) -> bytes:
    words = {
        "en": "Your message was successfully delivered.",
        "de": "Ihre Nachricht wurde zugestellt.",
    }
    head = (
        f"Delivered-To: {PATH}\nTo: {PATH}\nFrom: Mail Delivery System <{D}>\nReturn-Path: <>\n"
        "Subject: Delivery Status Notification (Success)\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"\n\n'
    )
    return (
        f"{head}--=_b\nContent-Type: text/plain; charset=utf-8\n\n{words[language]}\n\n<{W}>: delivered\n"
        "--=_b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; {W}\nAction: {action}\nStatus: 2.0.0\n\n--=_b--\n"
    ).encode()


def _receipt(subject: str, words: str, *, deleted: bool) -> bytes:
    how = "deleted" if deleted else "displayed"
    return (
        f"Delivered-To: {PATH}\nTo: {PATH}\nFrom: Ada <{W}>\nReturn-Path: <>\nSubject: {subject}\n"
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="=_b"\n\n'
        f"--=_b\nContent-Type: text/plain; charset=utf-8\n\n{words}\n--=_b\n"
        "Content-Type: message/disposition-notification\n\n"
        f"Final-Recipient: rfc822;{W}\nDisposition: manual-action/MDN-sent-manually; {how}\n\n--=_b--\n"
    ).encode()


def bounced() -> Iterator[Case]:
    """Yield mails that are bounces: each notice in each shape."""
    for notice in _NOTICES:
        for name, shape in _SHAPES.items():
            yield Case(f"{notice.name}/{name}", shape(notice), notice.expected)


def others() -> Iterator[Case]:
    """Yield mails that are none."""
    for language, (subject, words) in _ANSWERS.items():
        for how, head in _ANSWERING.items():
            notice = _Notice("", f"Ada Byron <{W}>", subject, words, NONE, head)
            yield Case(f"away-{how}/{language}", _plain_letter(notice), NONE)
    for name, (sender, subject, words, head) in _PEOPLE.items():
        notice = _Notice("", sender, subject, words, NONE, head)
        yield Case(f"letter/{name}", _plain_letter(notice), NONE)
    for action in ("delivered", "relayed", "expanded"):
        for language in ("en", "de"):
            yield Case(f"success-{action}/{language}", _success(action, language=language), NONE)
    receipts = {
        "en": ("Read: Morning page", "Your message was read."),
        "en-not": ("Not read: Morning page", "Your message was deleted without being read."),
        "de": ("Gelesen: Morgenseite", "Ihre Nachricht wurde gelesen."),
        "de-not": ("Nicht gelesen: Morgenseite", "Ihre Nachricht wurde nicht gelesen."),
        "fr": ("Lu : Page", "Votre message a été lu."),
        "es": ("Leído: Página", "Su mensaje fue leído."),
        "it": ("Letto: Pagina", "Il messaggio è stato letto."),
        "ru": ("Прочитано: Страница", "Ваше сообщение прочитано."),
        "ja": ("開封済み: 朝刊", "開封されました。"),
        "zh": ("已读: 晨报", "已读。"),
    }
    for name, (subject, words) in receipts.items():
        yield Case(f"receipt/{name}", _receipt(subject, words, deleted="not" in name), NONE)


def _plain_letter(notice: _Notice) -> bytes:
    return _mail(notice, "Content-Type: text/plain; charset=utf-8", notice.body.encode())


def unsigned(raw: bytes) -> bytes:
    """Return a mail as it comes to an address that proves nothing."""
    return raw.replace(PATH.encode(), b"news@desk.example")
