"""The head of a mail, which is about the mail."""

import re
from collections.abc import Sequence

_MAIL = re.compile(
    "(from|寄件者|寄件人|发件人)|(?:to|cc|bcc|subject|sent|date|reply-to|收件者|收件人|副本|密件副本|主旨|主題|主题|日期|"
    "寄件日期|寄送日期|傳送日期|傳送時間|发送时间)",
    re.IGNORECASE,
)
_SENDER = re.compile(" *\\**(?:from|寄件|发件)", re.IGNORECASE)


def mail_headers(lines: Sequence[str]) -> frozenset[int]:
    """`From:`, `Subject:`, `Date:` above a mail's text are facts of the mail, not of the article."""
    found: set[int] = set()
    if not any(map(_SENDER.match, lines)):
        return frozenset(found)
    block: list[int] = []
    has_sender = False
    for place, raw in enumerate((*lines, "")):
        name, colon, _ = raw.replace("：", ":", 1).partition(":")
        match = _MAIL.fullmatch(name.strip(" *")) if colon and len(name) < 20 else None
        if match:
            block.append(place)
            has_sender = has_sender or match[1] is not None
            continue
        if has_sender and len(block) > 1:
            found.update(block)
        block, has_sender = [], False
    return frozenset(found)
