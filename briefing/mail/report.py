"""Reads the machine-readable part of a report (RFC 3464, RFC 5965), and phrases of bounces."""

from __future__ import annotations

import base64
import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import cast

from briefing.core.model import BounceKind
from briefing.mail.incoming import (
    Part,
    address,
    attempt,
    content_type,
    header,
    one_line,
    raw_text,
    subparts,
)

#: Recipients of one report; our mails have one each, which may be an alias of several.
_RECIPIENTS = 100
#: Fields of one block; RFC 3464 knows about twelve.
_FIELDS = 50

_STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status"}
#: What a complaint is about (RFC 5965, 7.3, and the older "opt-out"). "not-spam" (RFC 6430) is
#: praise, "auth-failure" (RFC 6591) is automatic.
_COMPLAINTS = frozenset("abuse fraud virus other opt-out opt-out-list".split())

#: Actions that are not failures (RFC 3464, 2.3.3).
_WELL = tuple("delivered relayed expanded".split())

_FIELD = re.compile(r"([!-9;-~]{1,60}):\s*(.*)")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_TYPE = re.compile(r"\s{0,9}([\w.-]{1,30})\s{0,9};")
#: A non-ASCII character of an address, as RFC 6533 encodes it.
_CODED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
#: Codes (RFC 3463 and its registry at IANA) of an address that does not work: other and bad
#: mailbox, bad system, bad syntax, moved, null MX, mailbox disabled, cannot be routed, user account
#: disabled. 5.4.310 is Exchange Online's "domain does not exist". Not among them, though they are
#: permanent: 5.1.7 and 5.1.8 (our own address), 5.2.2 (full), 5.2.3 and 5.3.4 (too large),
#: 5.3.x (their system), 5.4.6 (loop), 5.4.7 (expired), 5.5.x (protocol), 5.6.x (content), and
#: 5.7.x (policy, spam).
DEAD = frozenset("5.1.0 5.1.1 5.1.2 5.1.3 5.1.6 5.1.10 5.2.1 5.4.4 5.4.310 5.7.13".split())
#: Codes that servers give for a dead address and for other things; the text decides. Exchange
#: Online refuses unknown recipients with 5.4.1, others with 5.5.0 or 5.7.1.
_OPEN = frozenset("5.2.0 5.3.0 5.4.0 5.4.1 5.5.0 5.7.1".split())
_GONE = re.compile(
    r"(?:user|recipient|mailbox|address|account|addressee|domain|host)\b.{0,40}?"
    r"(?:unknown|not (?:be )?found|does ?n[o'’]t exist|not exist|disabled|inactive|closed|invalid"
    r"|no longer|unavailable|terminated|deactivated|not listed|unrouteable|rejected)"
    r"|(?:no such|unknown|invalid|bad|non-?existent|unrouteable|inactive|disabled) "
    r"(?:\w{1,20} )?(?:user|recipient|mailbox|address|account|domain|host)"
    r"|no mailbox|no user by|not a valid (?:user|mailbox|address)|user not known|name is not recogn"
    r"|does ?n[o'’]t have an? \S{1,60} account",
    re.IGNORECASE,
)
_PASSING = re.compile(
    r"quota|\bfull\b|spam|blocked|black ?list|block ?list|reputation|policy|too (?:large|big|long)"
    r"|\bsize\b|unsolicited|gr[ae]ylist|try again|temporar|\brate\b|virus|dmarc|\bspf\b|dkim",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient in a report."""

    #: As the report states it; empty if that is not a valid address.
    address: str
    #: As the report states it: false if the mail may still arrive.
    permanent: bool
    #: What it means for the next mail, by our own judgment.
    kind: BounceKind
    #: Enhanced status (RFC 3463) such as "5.1.1"; empty when none is given.
    status: str = ""
    #: What the server said (Diagnostic-Code), one line; may be empty.
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Complaint:
    """An abuse report (RFC 5965)."""

    recipients: tuple[Recipient, ...]
    #: Envelope senders of the reported mail.
    senders: tuple[str, ...]


def delivery_report(mail: Part) -> tuple[Recipient, ...] | None:
    """Return the failed recipients of a delivery report; None if a mail is not one.

    Only a report that is the mail itself counts, not one that is quoted or attached.
    """
    part = _machine_part(mail, _STATUS_TYPES)
    if part is None:
        return None
    recipients: dict[str, Recipient] = {}
    for recipient in filter(None, map(_recipient, islice(_blocks(part), _RECIPIENTS))):
        known = recipients.get(recipient.address)
        if known is None or (recipient.permanent and not known.permanent):
            recipients[recipient.address] = recipient
    return tuple(recipients.values())


def has_failed_nobody(mail: Part) -> bool:
    """Tell whether a mail reports only success: delivered, relayed or expanded."""
    part = _machine_part(mail, _STATUS_TYPES)
    if part is None:
        return False
    blocks = islice(_blocks(part), _RECIPIENTS)
    actions = {block["action"].strip().lower() for block in blocks if "action" in block}
    return bool(actions) and all(action.startswith(_WELL) for action in actions)


def complaint(mail: Part) -> Complaint | None:
    """Read a reader's complaint; None if a mail is not one."""
    part = _machine_part(mail, {"message/feedback-report"})
    if part is None:
        return None
    blocks = list(islice(_blocks(part), _RECIPIENTS))
    feedback = next((block["feedback-type"] for block in blocks if "feedback-type" in block), "")
    if feedback.lower() not in _COMPLAINTS:
        return None
    diagnostic = one_line(f"complaint: {feedback}")
    recipients = (address(block.get("original-rcpt-to", "")) for block in blocks)
    senders = (address(block.get("original-mail-from", "")) for block in blocks)
    return Complaint(
        tuple(
            Recipient(recipient, permanent=False, kind=BounceKind.COMPLAINT, diagnostic=diagnostic)
            for recipient in dict.fromkeys(filter(None, recipients))
        )
        or (Recipient("", permanent=False, kind=BounceKind.COMPLAINT, diagnostic=diagnostic),),
        tuple(dict.fromkeys(filter(None, senders))),
    )


def status_in(text: str) -> str:
    """Return the first enhanced status code (RFC 3463) in a text; empty without one."""
    match = _STATUS.search(text[:1_000])
    return match[1] if match else ""


def _machine_part(mail: Part, types: set[str]) -> Part | None:
    """Return the machine-readable part of a report.

    A mailing list may have wrapped the whole report in a ``multipart/mixed``, with a footer of its
    own.
    """
    for report in (
        mail,
        *(child for child in subparts(mail)[:1] if content_type(child) == "multipart/report"),
    ):
        if content_type(report).startswith("multipart/"):
            part = next((child for child in subparts(report) if content_type(child) in types), None)
            if part is not None:
                return part
    return None


def _blocks(part: Part) -> Iterator[Mapping[str, str]]:
    """Yield each group of fields, names in lower case; the first field of a name counts.

    Python has parsed what looked like fields and left the rest as text; both are joined again,
    since some servers encode the part although they must not, or break its lines.
    """
    fields: dict[str, str] = {}
    name = ""
    for line in _source(part).splitlines():
        match = _FIELD.match(line)
        if not line.strip():
            if fields:
                yield fields
            fields, name = {}, ""
        elif line[0] in " \t" and name:
            fields[name] = f"{fields[name]} {line.strip()}"[:1_000]
        elif match and len(fields) < _FIELDS:
            name = match[1].lower()
            fields.setdefault(name, match[2])
    if fields:
        yield fields


def _source(part: Part) -> str:
    source = "\n\n".join(_piece(block) for block in subparts(part) or [part])
    encoding = header(part, "content-transfer-encoding").lower()
    if encoding == "base64":
        return attempt(lambda: base64.b64decode(source).decode("utf-8", "replace"), "")
    if encoding == "quoted-printable":
        return quopri.decodestring(source.encode()).decode("utf-8", "replace")
    return source


def _piece(block: Part) -> str:
    fields = [f"{name}: {raw_text(value)}" for name, value in block.items()]
    text = attempt(lambda: cast("bytes | None", block.get_payload(decode=True)), None) or b""
    return "\n".join([*fields, "", text.decode("utf-8", "replace")])


def _recipient(fields: Mapping[str, str]) -> Recipient | None:
    """Return the recipient of one block; None if it is not about a failure."""
    status, diagnostic = status_in(fields.get("status", "")), _diagnostic(fields)
    permanent = _is_permanent(fields, status)
    if permanent is None:
        return None
    values = (fields[name] for name in ("original-recipient", "final-recipient") if name in fields)
    mailbox = next(filter(None, map(_mailbox, values)), "")
    # "5.0.0" is unspecific; the server's own reply often has a better code.
    if status.endswith(".0.0") or not status:
        status = status_in(diagnostic) or status
    kind = judge(status, diagnostic, permanent=permanent)
    return Recipient(mailbox, permanent, kind, status, diagnostic)


def _is_permanent(fields: Mapping[str, str], status: str) -> bool | None:
    """Tell whether a mail failed permanently; None when it did not fail.

    The action decides: a mail given up after days of "4.4.7" will not arrive either.
    """
    action = fields.get("action", "").strip().lower()
    if action.startswith(("fail", "error")):
        return True
    if action.startswith("delay"):
        return False
    has_recipient = "final-recipient" in fields or "original-recipient" in fields
    if action or not has_recipient or status[:1] not in {"4", "5"}:
        return None
    return status[0] == "5"


def _mailbox(value: str) -> str:
    match = _TYPE.match(value)
    if match and match[1].lower() not in {"rfc822", "utf-8"}:
        return ""
    rest = value[match.end() :] if match else value
    return address(_CODED.sub(lambda code: attempt(lambda: chr(int(code[1], 16)), "\ufffd"), rest))


def _diagnostic(fields: Mapping[str, str]) -> str:
    text = one_line(fields.get("diagnostic-code", ""))
    match = _TYPE.match(text)
    return text[match.end() :].strip() if match else text


def judge(status: str, diagnostic: str, *, permanent: bool) -> BounceKind:
    """Tell whether an address is dead (hard) or only this mail failed (soft).

    Hard means that the address or its domain does not exist or is closed. A full mailbox, a mail
    too large, a refusal as spam and anything unclear are soft: a few mails to a dead address do
    less harm than a reader lost silently. The diagnostic counts when the code is unspecific;
    ``permanent``: delivery has been given up.
    """
    if not permanent:
        return BounceKind.SOFT
    if status in DEAD:
        return BounceKind.HARD
    open_code = not status or status.endswith(".0.0") or status in _OPEN
    gone = _GONE.search(diagnostic) or GONE.search(diagnostic)
    passing = _PASSING.search(diagnostic) or PASSING.search(diagnostic)
    if open_code and gone and not passing:
        return BounceKind.HARD
    return BounceKind.SOFT


# ruff: noqa: E501, RUF001  one line a language; the letters of some scripts look like Latin ones


def _any(*lines: str, before: str = "") -> re.Pattern[str]:
    return re.compile(f"{before}(?:{'|'.join(lines)})", re.IGNORECASE)


#: Names and addresses of mail systems.
SYSTEM = _any(
    r"mailer[-_. ]?daemon|mail[-_. ]?daemon|mail[-_. ]?(?:delivery|deliver|system|router|gateway)|delivery (?:sub)?system",
    r"^\W*post ?master|<?postmaster@|^$|<>|mdaemon|smtp_mail|internet mail delivery|mail transport|<?imss@",
    r"system administrator|(?:system|e-?mail)[- ]?administrat|administrat(?:eur|or|ore)[\w ]{0,4} (?:syst|del|du)",
    r"microsoft ?exchange|microsoftexchange[0-9a-f]{8,}@|bounce-?(?:notification|handler)|mail-?failure|returned-?mail",
    r"systeembeheer|poczt\w+ system|почтов\w+ (?:систем|сервер)|メール配信|邮件系统",
)
#: How the subjects of bounces and delay notices begin.
RETURNED = _any(
    r"undeliver|non-?deliver|not delivered|returned? to sender|(?:re: )?returned (?:mail|e-mail|message)|failure notice",
    r"mail (?:could not|not deliver|failure|fail|undeliver)|delivery (?:fail|status|not\b|report|warning|problem|error|incomplete|delay|notification)",
    r"message (?:not deliver|could not|undeliver|delayed|status|delivery|bounced)|bounced? (?:mail|message)",
    r"(?:nachricht|e-?mail|mail) (?:konnte )?nicht zu|unzustell|zustell(?:ung|bericht|fehler)|fehler bei der (?:zustellung|übermittlung)|übermittlungs?fehler|ihre (?:nachricht|e-?mail) (?:konnte|wurde)",
    r"(?:message|courriel|courrier|mail) (?:non|pas) (?:remis|distribu|délivr)|non remis|échec|(?:avis|notification|rapport) de non[- ]remise|erreur de (?:distribution|livraison|remise)|retour (?:à l['’]expéditeur|de courrier)|impossible de remettre|notification d['’]état|votre (?:message|courriel) n['’]a",
    r"(?:mensaje|correo) (?:no|devuelto|rechazado)|no se (?:puede|pudo|ha podido) entregar|no entregado|devuel(?:to|ta)|error (?:de|en la) entrega|fallo en la entrega|aviso de (?:no|er)|notificación de (?:estado|error)|imposible entregar|entrega (?:fallida|no|con err)",
    r"(?:messaggio|posta|mail) (?:non|respint|restituit)|non recapitat|impossibile recapitare|mancat[ao] (?:consegna|recapito)|errore (?:di|nella) (?:consegna|recapito)|avviso di mancat|notifica (?:sullo stato|di mancat)",
    r"(?:mensagem|e-mail|email) (?:não|nao|devolvid)|não (?:entregue|foi possível)|falha n[ao] (?:entrega|envio)|devolvid[oa]|erro (?:de|na) entr|notificação de (?:status|estado|falha)",
    r"(?:wiadomość|poczta|przesyłka) nie|niedostarcz|nie (?:można|udało się) dostarczyć|zwrot|błąd (?:dostarcz|doręcz)|raport o niedor|niedoręcz",
    r"onbestelbaar|niet (?:bezorgd|afgeleverd)|bezorging mislukt|oleverer|kunde inte levereras|kunne ikke leveres|kan ikke leveres|toimitus epäonnistui|kézbesíthetetlen|nedoručit|teslim edilemedi|iletilemedi",
    r"недостав|не доставлен|не удалось доставить|ошибка дост|возвращ|сообщение не|письмо не|невозможно доставить|уведомление о (?:недост|состоянии|невоз)",
    r"配信(?:不能|できません|エラー|失敗|に失敗|遅延)|メール(?:の)?(?:が)?(?:配信|送信|届)|送信(?:エラー|失敗|できません)|未配信|不達|エラーメール",
    r"退信|系统退信|邮件(?:退回|无法|發送失敗|发送失败|投递|未能)|投递(?:失败|状态|延迟)|無法傳遞|无法投递|未傳遞|未送达|无法送达|傳遞失敗",
    r"배달(?:되지|할 수| 실패)|전송 ?실패|반송",
    before=r"(?:\[[^\]]{1,40}\]\s?|\*{2,5}[^*]{1,30}\*{2,5}\s?){0,2}",
)
#: Phrases of a failure or a delay.
FAILURE = _any(
    r"\b[45]\d\d[ -]|\b[45]\.\d{1,3}\.\d{1,3}\b",
    r"undeliver|deliver\w*|fail|unknown|unable|reject|returned|bounced|did(?:n.t| not) reach|not receive|quota|\bfull\b|no such|not (?:be )?found|does ?n.t exist|not exist|invalid|error|refused|disabled|inactive|over ?limit|exceed|denied|not listed|no longer|suspended|problem",
    r"nicht|unbekannt|unzustell|zugestellt|fehler|abgelehnt|voll|existiert",
    r"échec|inconnu|n['’]a pas|n['’]est pas|n['’]ont pas|n['’]existe|impossible|plein|rejet|refus",
    r"no (?:se|existe|fue|ha)|desconocid|rechazad|llen[oa]",
    r"non (?:è|e'|esiste|recapit|consegn|raggiung|valid)|sconosciut|inesistente|pien[ao]|respint",
    r"não|nao foi|desconhecid|inexistente|chei[ao]|falh",
    r"nie (?:istnieje|został|można|udało|dostarcz)|nieznan|odrzuc|pełn|błąd|niet |onbekend|vol\b",
    r"не (?:доставлен|существует|найден|удалось|может|был)|неизвест|отклон|переполн|ошибк|невозможно",
    r"できません|失敗|不明|存在しません|いっぱい|エラー|拒否|届",
    r"无法|失败|不存在|退回|拒绝|已满|未能|超过|無法|失敗|拒絕|已滿|실패|없습니다",
)
#: Phrases of a delay: delivery is still being tried.
DELAYED = _any(
    r"delay|not yet been|still (?:being )?(?:try|queue|retr)|will (?:be )?(?:retr|keep|continue)|(?:this is )?(?:only )?a warning|no action is required|temporar|will try|try again later|have been queued|transient",
    r"verzögert|noch nicht (?:zu|aus)|wird weiter|vorübergehend",
    r"retardé|en attente|différ|temporaire|pas encore|sera (?:à nouveau|retent)",
    r"retras|aplazad|demorad|aún no|todavía no|temporal|se seguirá",
    r"ritard|in attesa|temporane|non ancora",
    r"atrasad|adiad|ainda não|temporár",
    r"opóźni|jeszcze nie|tymczas|vertraag",
    r"задерж|ещё не|еще не|отложен|временн",
    r"遅延|遅れ|一時的|まだ配信|再送|延迟|延遲|暂时|尚未|지연",
)
#: Phrases of a final failure, also where a delay is mentioned.
FINAL = _any(
    r"permanent|giv(?:en|ing) up|gave up|fatal|no longer|could not be delivered|was not delivered|will not be retried|has failed|will not (?:try|be) |\b5\.\d\.\d|\b55\d[ -]",
    r"endgültig|aufgegeben|définitiv|abandon|definitiv",
)
#: Where the returned mail begins.
COPY = _any(
    r"(?:received|return-path|message-id|mime-version|x-[\w-]{1,40}|dkim-signature): ",
    r"[-=_*> ]{0,12}\W?(?:original[- ](?:message|mail|header)|below this line is a copy|(?:this is )?a copy of (?:the|your)|message (?:header|text|body|content)s?\b.{0,40}(?:follow|:)|(?:returned|included|unsent|begin|start of) (?:message|mail)|the (?:header|message|text)s? (?:of|below|follow|is|was|that).{0,60}(?:follow|:$))",
    r"[-=_*> ]{0,12}\W?(?:ursprüngliche nachricht|originalnachricht|kopie (?:der|ihrer)|message (?:d['’])?origin|en-?têtes?|copie du|mensaje original|messaggio original|mensagem original|oryginaln|исходное сообщение|текст (?:письма|сообщения)|元のメッセージ|原(?:邮件|始邮件|信)|以下是)",
)
#: Lines that name other people: the sender, a contact.
OTHERS = _any(
    r"^\W{0,9}(?:from|sender|von|absender|de|expéditeur|remitente|da|mittente|remetente|od|nadawca|от|отправитель|差出人|送信者|发件人|寄件者|reply-to|errors-to|message[- ]?id|x-[\w-]+)\s?[:：]",
    r"contact|\bhelp|support\b|questions?|abuse|assistance|please (?:write|mail|e-?mail|send|forward|ask)|message from|sent by|your address|https?://",
    r"kontakt|rückfragen|wenden sie|hilfe|ihre adresse|contactez|póngase|contatt|contate|skontaktuj|обратитесь|お問い合わせ|联系",
)
TO = re.compile(r"\W{0,9}(?:to|an|à|para|a|do|кому|宛先|收件人)\s?[:：]", re.IGNORECASE)
#: Local parts of role addresses, never of a reader.
NOT_READERS = re.compile(
    r"(?:mailer-?daemon|mail-?daemon|postmaster|abuse|support|help(?:desk)?|hostmaster|webmaster|no-?reply|bounces?\+.*|admin(?:istrator)?|noc)@",
    re.IGNORECASE,
)
#: Separators of words, one of which may be an address.
BETWEEN = re.compile(r"[\s<>()\[\],;:\"'`“”„«»‹›（）「」【】：；，。、]+")
#: Phrases, beyond English, for an address or domain that does not exist or is closed.
GONE = _any(
    r"(?:not|n['’]t) (?:a )?(?:known|exist|listed in)|no (?:such|longer (?:valid|active|exists|available))",
    r"unbekannt|existiert nicht|nicht (?:vorhanden|gefunden|bekannt)",
    r"n['’]existe (?:pas|plus)|inconnu|introuvable",
    r"no (?:existe|válid)|desconocid",
    r"non (?:esiste|trovat|valid)|inesistente|sconosciut",
    r"não (?:existe|encontrad)|desconhecid|inexistente",
    r"nie istnieje|nieznan|niet (?:gevonden|bekend)|onbekend|bestaat niet",
    r"не (?:существует|найден)|неизвест",
    r"存在しません|見つかりません|ユーザー?(?:が)?不明|宛先不明|不存在|无此用户|查无此人|找不到|존재하지",
)
#: Phrases for a full mailbox or an exceeded limit.
PASSING = _any(
    r"over ?(?:limit|quota)|exceed|\bvoll\b|überschritten|plein|satur|dépass|llen[oa]|excedid|pien[ao]|superat|chei[ao]|excedeu|pełn|przekrocz|переполн|превыш",
    r"いっぱい|容量|超過|已满|已滿|超出|超过|配额",
)
