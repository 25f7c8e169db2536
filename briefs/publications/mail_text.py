"""Mail to readers: the frozen body of a mailing in each language choice, and the bytes of one copy.

The plain text is read off the HTML, so both say the same.
"""

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Sequence
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
from django.utils.translation import pgettext

from briefs.bilingual.rendering import cards, render_title
from briefs.bilingual.rendering.text import mark_language, render_preface, split_paragraphs, strip_indentation
from briefs.bilingual.rendering.views import format_caption
from briefs.bilingual.text import count_han, date_format, paths
from briefs.content import LANGUAGE_TAGS, Bullet, Side
from briefs.models.mailings import MailSide

from .confirmation_mail import build_own_page
from .issue_document import COLON, build_brief_url
from .published import PublicIssue, PublicItem, fill_mail_lines
from .recent_corrections import RecentCorrection, list_recent_corrections

MAX_HTML_BYTES: Final = 102_000
"""Gmail cuts a mail whose HTML is longer and hides its end, with the link to unsubscribe. Its plain text does not count."""
TOKEN_PLACEHOLDER: Final = "\ufdd1"  # noqa: S105 no password
"""Stands in a frozen body for the token of each copy. No text can contain this character."""
_PREHEADER_PADDING: Final = "\u034f\u200c\u00a0" * 40
"""Keeps the mail's first words out of the preview after a short preheader."""
_INLINER: Final = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
POINTS_OF_SHORTENED: Final = 2


class MailBody(TypedDict):
    """What the copies of one language choice share. `html` and `text` hold TOKEN_PLACEHOLDER.

    `shortened`: how many briefs, the last ones, lack some of their text, because the mail would be too long.
    """

    subject: str
    preheader: str
    html: str
    text: str
    shortened: int


def build_issue_bodies(issue: PublicIssue) -> dict[str, MailBody]:
    """Return the mail of an issue by `MailSide`."""
    return {str(choice): build_issue_body(issue, choice) for choice in MailSide.values}


def build_issue_body(issue: PublicIssue, choice: str) -> MailBody:
    """Return the mail of an issue. If its HTML is too long, the last briefs are shortened, as few as possible.

    They keep their summary and two points. If that is not enough, the last ones keep their headlines alone.
    """
    sides = MailSide(choice).sides
    corrections = list_recent_corrections(issue, max(timezone.now(), issue.updated_at))

    def build(cuts: int) -> MailBody:
        return _build_with_cuts(issue, sides, corrections, cuts)

    def fits(body: MailBody) -> bool:
        return measure_html(body) <= MAX_HTML_BYTES

    if fits(whole := build(0)):
        return whole
    return build(bisect_left(range(2 * len(issue.items)), True, lo=1, key=lambda cuts: fits(build(cuts))))


def _build_with_cuts(
    issue: PublicIssue, sides: Sequence[Side], corrections: Sequence[RecentCorrection], cuts: int
) -> MailBody:
    """Return the mail after so many cuts. Each takes points from one brief, the last first; a second round takes its text."""
    texts = [fill_mail_lines(issue.text(side), side) for side in sides]
    sections = {side: _describe_issue(issue, side, corrections) for side in sides}
    count = len(issue.items)
    items = []
    for n, item in enumerate(issue.items):
        is_cut, is_cut_twice = cuts >= count - n, cuts >= 2 * count - n
        max_points = 0 if is_cut_twice else POINTS_OF_SHORTENED if is_cut else None
        items.append({"number": n + 1} | _describe_item(item, sides, max_points))
    subject = " · ".join(text.subject for text in texts)
    preheader = " ".join(text.preheader for text in texts if text.preheader)
    ending = "parallel/" if len(sides) > 1 else ""
    pages = {side: f"{paths.issue(side, issue.number)}{ending}" for side in sides}
    body = render_body("mail/issue.html", subject, preheader, pages, sections, items=items)
    body["shortened"] = sum(item["is_shortened"] for item in items)
    return body


def _describe_issue(
    issue: PublicIssue, side: Side, corrections: Sequence[RecentCorrection]
) -> dict[str, Any]:
    text = issue.text(side)
    with translation.override(paths.LANGUAGE_CODES[side]):
        values = {"n": issue.number, "date": date_format.format_day(issue.published_at.date(), side)}
        return {
            "issue_line": _("Issue %(n)s, %(date)s") % values,
            "title": render_title(text.title),
            "preface": render_preface(text.preface),
            "change_label": pgettext("kind of change", "Correction"),
            "change_note": issue.change_note_zh if side == "zh" else issue.change_note_en,
            "corrections_label": _("Corrections and withdrawals"),
            "corrections": [
                (correction.format_line(side), f"{settings.SITE_URL}{correction.get_path(side)}")
                for correction in corrections
            ],
        }


def _describe_item(item: PublicItem, sides: Sequence[Side], max_points: int | None) -> dict[str, Any]:
    """Return what the mail says of a brief: its summary and each point in all languages, one under the other.

    Of a withdrawn one it says only that and where the original is. `max_points`: None for all; 0 leaves out all but headlines.
    """
    url = build_brief_url(item.brief.slug, sides)
    points = [bullet for bullet in item.brief.content.bullets if any(map(bullet.text, sides))]
    shown = [] if item.withdrawn_at else points[:max_points]
    is_shortened = not item.withdrawn_at and (max_points == 0 or len(shown) < len(points))
    has_summary = not item.withdrawn_at and max_points != 0
    counts = {"shown": len(shown), "total": len(points)}
    return {
        "url": url,
        "is_shortened": is_shortened,
        "picture": _describe_picture(item, sides) if has_summary else None,
        "heads": [_describe_head(item, side, has_byline=max_points != 0) for side in sides],
        "summary": [
            (side, LANGUAGE_TAGS[side], paragraph)
            for side in sides
            for paragraph in split_paragraphs(item.brief.summary(side))
            if has_summary
        ],
        "points": [_describe_point(bullet, sides, url) for bullet in shown],
        "original": _describe_original(item, sides),
        "more": " · ".join(_describe_link(side, is_shortened, counts) for side in sides),
    }


def _describe_picture(item: PublicItem, sides: Sequence[Side]) -> dict[str, Any] | None:
    """Return address, width, alternative text and credit of a brief's picture. A tall one has half the width."""
    content = item.brief.content
    picture = content.facts.picture
    if picture is None:
        return None
    with translation.override(paths.LANGUAGE_CODES[sides[0]]):
        return {
            "url": f"{settings.SITE_URL}{paths.PICTURES_PATH}{picture.column_jpeg_name}",
            "width": 600 if picture.width >= picture.height else 300,
            "alt": " / ".join(filter(None, map(content.picture_alt, sides))),
            "caption": format_caption(picture, sides[0]),
        }


def _describe_head(item: PublicItem, side: Side, *, has_byline: bool) -> dict[str, Any]:
    brief, notice = item.brief, ""
    with translation.override(paths.LANGUAGE_CODES[side]):
        if item.withdrawn_at:
            notice = _("We have withdrawn this brief.")
        elif item.corrected_at:
            day = date_format.format_day(item.corrected_at.date(), side)
            notice = _("Corrected on %(date)s.") % {"date": day}
        byline = has_byline and cards.format_authors_and_source(brief, side)
        return {
            "side": side,
            "lang": LANGUAGE_TAGS[side],
            "headline": brief.headline(side),
            "headline_html": render_title(brief.headline(side)),
            "byline": f"{byline}{cards.COMMA[side]}" if byline else "",
            "date": has_byline and cards.format_fact(brief, "date", side),
            "notice": notice,
        }


def _describe_original(item: PublicItem, sides: Sequence[Side]) -> dict[str, Any]:
    """Return the address of the article, its title, and the words before it in all languages."""
    labels = []
    for side in sides:
        with translation.override(paths.LANGUAGE_CODES[side]):
            labels.append(_("The original"))
    title = mark_language(item.brief.facts.title, sides[0])
    label = " · ".join(labels) + (COLON[sides[0]] if title else "")
    return {"url": cards.get_original_link(item.brief), "label": label, "title": title}


def _describe_link(side: Side, is_shortened: bool, counts: dict[str, int]) -> str:
    """Return the words of the link to a brief's page, with the number of points that the mail leaves out."""
    with translation.override(paths.LANGUAGE_CODES[side]):
        if not is_shortened:
            return _("On the web, with citation")
        if not counts["shown"]:
            return _("Read the whole brief")
        return _("%(shown)s of %(total)s points, read the rest") % counts


def _describe_point(bullet: Bullet, sides: Sequence[Side], url: str) -> dict[str, Any]:
    """Return a point with its texts. The first language that has one decides the level."""
    present = [side for side in sides if bullet.text(side)]
    level = bullet.level(present[0])
    return {
        "number": bullet.number,
        "url": f"{url}#b{bullet.number}",
        "style": f"l{level}" if level else "pt",
        "texts": [(side, LANGUAGE_TAGS[side], bullet.text(side)) for side in present],
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
    return {
        "subject": " ".join(subject.split()),
        "preheader": preheader,
        "html": html,
        "text": text,
        "shortened": 0,
    }


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
            "forwarded": _("Forwarded to you?"),
            "subscribe": _("Subscribe"),
            "subscribe_page": f"{settings.SITE_URL}{paths.home(side)}subscribe/",
        }


class _TextReader(HTMLParser):
    """Collect the lines of a mail. `data-text` replaces an element's text, `data-prefix` begins its line.

    The address of a link stands at the end of its line; that of a link in a sentence, which has `rel`, in brackets.
    """

    BLOCKS: Final = frozenset({"h1", "h2", "p", "div", "tr", "br"})
    IGNORED: Final = frozenset({"style", "title"})
    EMPTY: Final = frozenset({"meta", "br", "wbr", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = [""]
        self.ignored_depth = 0
        self.link, self.is_external = "", False
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
            self.link, self.is_external = values.get("href") or "", "rel" in values

    def handle_endtag(self, tag: str) -> None:
        if self.ignored_depth:
            self.ignored_depth -= 1
            return
        if tag == "a" and self.link:
            colon = "：" if count_han(self.lines[-1][-1:]) else ": "
            if self.is_external:
                self.lines[-1] += f" <{self.link}>"
            else:
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
        words = re.sub(" {2,}", " ", line).replace("\n ", "\n").strip(" \u200b")
        words = "-- " if words == "--" else words
        if words.strip():
            lines.append(words)
    return "\n".join(lines).strip() + "\n"


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
    name: str
    token: str
    message_id: str
    date: dt.datetime


def build_message(body: MailBody, envelope: Envelope) -> bytes:
    """Return the mail as it is sent. Both texts are in base64, whose line ends fall between no two characters."""
    host = get_mail_host()
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = get_sender()
    message["Reply-To"] = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    message["To"] = Address(envelope.name, addr_spec=envelope.to)
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
