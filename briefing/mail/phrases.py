"""Phrases of bounces in many languages, one language a line."""
# ruff: noqa: E501, RUF001  one line a language; the letters of some scripts look like Latin ones

from __future__ import annotations

import re


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
