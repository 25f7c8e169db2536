"""Mail to readers: the frozen body of a mailing in each language choice, and the bytes of one copy.

The plain text is read off the HTML, so both say the same.
"""

import datetime as dt
import re
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from html.parser import HTMLParser
from typing import Any, Final, TypedDict
from urllib.parse import urlsplit

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from briefs.content import LANGUAGE_TAGS, Bullet, Side
from briefs.models.mailings import MailSide
from briefs.rendering import cards
from briefs.rendering.text import extract_gist, split_paragraphs, strip_indentation
from briefs.text import date_format, paths
from briefs.text.scripts import count_han

from .confirmation_mail import build_own_page
from .published import PublicIssue, PublicItem, fill_mail_lines
from .recent_corrections import list_recent_corrections

MAX_HTML_BYTES: Final = 102_000
"""Gmail cuts a mail whose HTML is longer and hides its end, with the link to unsubscribe. Its plain text does not count."""
TOKEN_PLACEHOLDER: Final = "\ufdd1"  # noqa: S105 no password
"""Stands in a frozen body for the token of each copy. No text can contain this character."""
_PREHEADER_PADDING: Final = "\u034f\u200c\u00a0" * 40
"""Keeps the mail's first words out of the preview after a short preheader."""
_INLINER: Final = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
_SHORTENINGS: Final = (
    ("", None, False),
    ("two bullets", None, False),
    ("headlines", None, False),
    ("headlines", 20, False),
    ("headlines", 20, True),
)
"""What is left of each brief, how many are named, and whether the preface is cut, until the mail is short enough."""


class MailBody(TypedDict):
    """What the copies of one language choice share. `html` and `text` hold TOKEN_PLACEHOLDER."""

    subject: str
    preheader: str
    html: str
    text: str


def build_issue_bodies(issue: PublicIssue) -> dict[str, MailBody]:
    """Return the mail of an issue by `MailSide`."""
    return {str(choice): build_issue_body(issue, choice) for choice in MailSide.values}


def build_issue_body(issue: PublicIssue, choice: str) -> MailBody:
    """Return the mail of an issue. If it is too long, each brief has two bullets and a link, or its headline alone.

    Else it names the first briefs and says how many more are on the web; at last the preface is cut to its first sentences.
    """
    sides = MailSide(choice).sides
    texts = [fill_mail_lines(issue.text(side), side) for side in sides]
    subject = " · ".join(text.subject for text in texts)
    preheader = " ".join(text.preheader for text in texts if text.preheader)
    pages = {side: f"{paths.home(side)}issues/{issue.number}/" for side in sides}
    corrections = list_recent_corrections(issue, max(timezone.now(), issue.updated_at))
    for shortening, limit, cuts_preface in _SHORTENINGS:
        shown = issue.items[:limit]
        items = [
            {"number": n, "sides": [_describe_item(item, side, shortening) for side in sides]}
            for n, item in enumerate(shown, 1)
        ]
        sections = {side: _describe_issue(issue, side, len(issue.items) - len(shown)) for side in sides}
        for side in sides:
            if cuts_preface:
                sections[side]["preface"] = [extract_gist(" ".join(sections[side]["preface"]), side)]
            sections[side]["corrections"] = [
                (correction.format_line(side), f"{settings.SITE_URL}{correction.get_path(side)}")
                for correction in corrections
            ]
        body = render_body("mail/issue.html", subject, preheader, pages, sections, items=items)
        if measure_html(body) <= MAX_HTML_BYTES:
            break
    return body


def _describe_issue(issue: PublicIssue, side: Side, left_out: int) -> dict[str, Any]:
    text = issue.text(side)
    with translation.override(paths.LANGUAGE_CODES[side]):
        values = {"n": issue.number, "date": date_format.format_day(issue.published_at.date(), side)}
        return {
            "issue_line": _("Issue %(n)s, %(date)s") % values,
            "title": text.title,
            "left_out": ngettext("%(n)s more brief on the web", "%(n)s more briefs on the web", left_out)
            % {"n": left_out}
            if left_out
            else "",
            "preface": split_paragraphs(text.preface),
            "change_label": pgettext("kind of change", "Correction"),
            "corrections_label": _("Corrections and withdrawals"),
            "change_note": issue.change_note_zh if side == "zh" else issue.change_note_en,
        }


def _describe_item(item: PublicItem, side: Side, shortening: str) -> dict[str, Any]:
    """Return what the mail says of a brief. Of a withdrawn one it says only that."""
    brief, notice = item.brief, ""
    url = f"{settings.SITE_URL}{paths.brief(side, brief.slug)}"
    is_whole = not item.withdrawn_at and not shortening
    bullets = [bullet for bullet in brief.content.bullets if bullet.text(side)]
    if item.withdrawn_at or shortening == "headlines":
        bullets = []
    elif shortening:
        bullets = bullets[:2]
    with translation.override(paths.LANGUAGE_CODES[side]):
        if item.withdrawn_at:
            notice = _("We have withdrawn this brief.")
        elif item.corrected_at:
            day = date_format.format_day(item.corrected_at.date(), side)
            notice = _("Corrected on %(date)s.") % {"date": day}
        byline = cards.format_authors_and_source(brief, side)
        return {
            "side": side,
            "lang": LANGUAGE_TAGS[side],
            "headline": brief.headline(side),
            "url": url,
            "byline": f"{byline}{cards.COMMA[side]}" if byline else "",
            "date": cards.format_fact(brief, "date", side),
            "notice": notice,
            "summary": split_paragraphs(brief.summary(side)) if is_whole else [],
            "bullets": [_describe_bullet(bullet, side, url) for bullet in bullets],
            "more": _("On the web, with citation") if is_whole else _("Read the whole brief"),
        }


def _describe_bullet(bullet: Bullet, side: Side, url: str) -> dict[str, Any]:
    return {
        "number": bullet.number,
        "text": bullet.text(side),
        "url": f"{url}#b{bullet.number}",
        "style": f"l{level}" if (level := bullet.level(side)) else "pt",
    }


def render_body(
    template: str,
    subject: str,
    preheader: str,
    pages: dict[Side, str],
    sections: dict[Side, dict[str, Any]],
    **context: Any,
) -> MailBody:
    """Render a mail from a template that extends `mail/_frame.html`.

    `pages`: path of the page that says the same on the web. `sections`: the template's texts, by language in order.
    """
    frames = [_build_frame(side, pages[side]) | section for side, section in sections.items()]
    context |= {"subject": subject, "preheader": preheader, "preheader_padding": _PREHEADER_PADDING}
    drawn = render_to_string(template, {"sections": frames, **context})
    text = _read_text(drawn)
    html = _INLINER.inline(strip_indentation(re.sub(r' data-(text|prefix)="[^"]*"', "", drawn)))
    html = html.replace("&nbsp;", "\u00a0")  # two bytes for six
    return {"subject": " ".join(subject.split()), "preheader": preheader, "html": html, "text": text}


def _build_frame(side: Side, page: str) -> dict[str, str]:
    site = settings.DIGEST_SITE_NAME[side]
    with translation.override(paths.LANGUAGE_CODES[side]):
        return {
            "side": side,
            "lang": LANGUAGE_TAGS[side],
            "site": site,
            "home": f"{settings.SITE_URL}{paths.home(side)}",
            "page": f"{settings.SITE_URL}{page}",
            "own_page": build_own_page(TOKEN_PLACEHOLDER),
            "on_the_web": _("Read on the web"),
            "why": _(
                "You receive this because you subscribed to %(site)s with this address. We do not track opens or clicks."
            )
            % {"site": f"《{site}》" if side == "zh" else site},
            "change_language": _("Change language"),
            "unsubscribe": _("Unsubscribe"),
        }


class _TextReader(HTMLParser):
    """Collect the lines of a mail. `data-text` replaces an element's text, `data-prefix` begins its line."""

    BLOCKS: Final = frozenset({"h1", "h2", "p", "div", "tr", "br"})
    IGNORED: Final = frozenset({"style", "title"})
    EMPTY: Final = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = [""]
        self.ignored_depth = 0
        self.link = ""
        self.begins_section = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if self.ignored_depth:
            self.ignored_depth += tag not in self.EMPTY
            return
        class_name = values.get("class") or ""
        if class_name in ("in zh", "in en"):
            written_lines = [line.strip() for line in self.lines if line.strip()]
            self.begins_section = written_lines[-1:] != ["--"]
        if tag in self.BLOCKS:
            begins_paragraph = tag in ("h1", "h2") or class_name[:2] in ("pt", "l1", "l2")
            self.lines.append("\n" if begins_paragraph or self.begins_section else "")
            self.begins_section = False
        self.lines[-1] += values.get("data-prefix") or ""
        if (words := values.get("data-text")) is not None or tag in self.IGNORED:
            self.lines[-1] += words or ""
            self.ignored_depth = 1
        elif tag == "a":
            self.link = values.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if self.ignored_depth:
            self.ignored_depth -= 1
            return
        if tag == "a" and self.link:
            colon = "：" if count_han(self.lines[-1][-1:]) else ": "
            self.lines[-1] += f"{colon}{self.link}"
            self.lines.append("")
            self.link = ""
        if tag in self.BLOCKS:
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        if not self.ignored_depth:
            self.lines[-1] += re.sub(r"\s+", " ", data)


def _read_text(html: str) -> str:
    """Return a mail as plain text: a paragraph a line, with blank lines between the briefs."""
    reader = _TextReader()
    reader.feed(html)
    lines = []
    for line in reader.lines:
        words = line.replace("\n ", "\n").strip(" \u200b")
        words = "-- " if words == "--" else words
        if words.strip():
            lines.append(words)
    return "\n".join(lines).strip() + "\n"


# The bytes of one copy.


class _WirePolicy(policy.EmailPolicy):
    """Fold headers as usual, but not those of lists: mail clients ignore an address in an encoded word."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower().startswith("list-"):
            return f"{name}: {value}\r\n".encode("ascii")
        return policy.SMTP.fold_binary(name, value)


_WIRE: Final = _WirePolicy(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What differs between copies."""

    to: str
    token: str
    message_id: str
    date: dt.datetime


def build_message(body: MailBody, envelope: Envelope) -> bytes:
    """Return the mail as it is sent. Both texts are in base64, whose line ends fall between no two characters."""
    host = get_mail_host()
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = get_sender()
    message["To"] = Address(addr_spec=envelope.to)
    message["Subject"] = body["subject"]
    message["Date"] = format_datetime(envelope.date)
    message["Message-ID"] = envelope.message_id
    message["List-Id"] = f"<issues.{host}>"
    message["List-Unsubscribe"] = f"<{build_own_page(envelope.token)}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message["Precedence"] = "bulk"
    text, html = (body[part].replace(TOKEN_PLACEHOLDER, envelope.token) for part in ("text", "html"))
    message.set_content(text, cte="base64")
    message.add_alternative(html, subtype="html", cte="base64")
    return message.as_bytes(policy=_WIRE)


def get_sender() -> Address:
    """Return EMAIL_FROM, with the site's names if it has no name."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return Address(name or settings.DIGEST_SITE_NAME["en"], addr_spec=address)


def get_mail_host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def measure_html(body: MailBody) -> int:
    """Return the bytes of the HTML in a copy of this body."""
    return len(body["html"].replace(TOKEN_PLACEHOLDER, "x" * 22).replace("\n", "\r\n").encode())
