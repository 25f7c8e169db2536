"""Find the header lines of a mail, which describe the mail rather than the article."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_HEADER_NAME = re.compile(
    "(from|寄件者|寄件人|发件人)|(?:to|cc|bcc|subject|sent|date|reply-to|收件者|收件人|副本|密件副本|主旨|主題|主题|日期|"
    "寄件日期|寄送日期|傳送日期|傳送時間|发送时间|attachments?|附件|importance|重要性)",
    re.IGNORECASE,
)
_SENDER = re.compile(" *\\**(?:from|寄件|发件)", re.IGNORECASE)


def find_mail_headers(lines: Sequence[str]) -> frozenset[int]:
    """Return the indexes of lines such as `From:`, `Subject:`, `Date:` above a mail's text."""
    found: set[int] = set()
    if not any(map(_SENDER.match, lines)):
        return frozenset(found)
    block = _HeaderBlock()
    for place, raw in enumerate((*lines, "-")):
        name, colon, _ = raw.replace("：", ":", 1).partition(":")
        match = _HEADER_NAME.fullmatch(name.strip(" *")) if colon and len(name) < 20 else None
        if block.accept_line(place, raw, match):
            continue
        if block.has_sender and len(block.indexes) > 1:
            found.update(block.indexes)
        block = _HeaderBlock()
        block.accept_line(place, raw, match)
    return frozenset(found)


@dataclass(slots=True)
class _HeaderBlock:
    indexes: list[int] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    has_sender: bool = False
    is_spaced: bool = False
    """A blank line separates the header lines, as in a mail pasted into Word."""
    blanks: int = 0

    def accept_line(self, index: int, raw: str, match: re.Match[str] | None) -> bool:
        """Accept a line if it belongs to the block, and return whether it does. A repeated name does not."""
        if match and match[0].casefold() not in self.names and (not self.blanks or self.is_spaced):
            self.indexes.append(index)
            self.names.add(match[0].casefold())
            self.has_sender = self.has_sender or match[1] is not None
            self.blanks = 0
            return True
        if not self.indexes or match:
            return False
        if not raw.strip():
            self.blanks += 1
            self.is_spaced = self.is_spaced or len(self.indexes) == 1
            return True
        if raw[0] in " \t" and "@" in raw and not self.blanks:  # continued list of addressees
            self.indexes.append(index)
            return True
        return False
