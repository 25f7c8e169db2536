"""The Markdown twin of a brief: its text, by address and by Accept, in both languages, withdrawn and removed."""

import dataclasses
import re

import pytest
from django.conf import settings
from django.test import Client

from briefs.content import Bullet
from briefs.models import Edition
from briefs.tests.support import corpus_fixtures
from briefs.tests.support.corpus_fixtures import DAY, NO_STATIC, load_sample, withdraw

pytestmark = [pytest.mark.django_db, NO_STATIC]

PAGE, TWIN = "/en/briefs/next-technology-race/", "/en/briefs/next-technology-race.md"
SITE = settings.SITE_URL


def publish(**values: object) -> Edition:
    content = load_sample()
    facts = dataclasses.replace(
        content.facts, url="https://foreignpolicy.com/a_b", title="A [very] *good* idea"
    )
    return corpus_fixtures.publish(dataclasses.replace(content, facts=facts, **values))


def test_twin_has_text_addresses_and_citations(client: Client) -> None:
    edition = publish()
    response = client.get(TWIN)
    assert response.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert response.headers["Link"] == f'<{SITE}{PAGE}>; rel="canonical"'
    text, content = response.content.decode(), edition.frozen_content
    assert text.startswith(
        f"# {content.headline_en}\n\n{content.headline_zh}\n\nDigest of “A \\[very\\] \\*good\\* idea” by"
    )
    assert "Posted 12 June 2026\n" in text
    assert "[Read the original](<https://foreignpolicy.com/a_b>)" in text
    for path in (
        PAGE.replace("en", "zh-hant", 1),
        PAGE,
        f"{PAGE}parallel/",
        TWIN.replace("en", "zh-hant", 1),
    ):
        assert f": <{SITE}{path}>\n" in text
    assert f"\n- Markdown · 中文: <{SITE}/zh-hant/" in text, "not taken for the address of this text"
    assert f"\n\n## Summary\n\n{content.summary_en}\n\n## Key points\n\n" in text
    for bullet in content.bullets:
        assert f"- {bullet.text_en} [{bullet.number}](<{SITE}{PAGE}#b{bullet.number}>)\n" in text
    for words in ("## Cite this brief", "- Chicago: Think-Tank Digest. “How the U.S. Can Win", "## Cite the original", f"[RIS](<{SITE}{PAGE}cite.ris>)"):  # fmt: skip
        assert words in text
    assert "\ufdd0" not in text
    chinese = client.get(TWIN.replace("en", "zh-hant", 1)).content.decode()
    nested = re.search(r"^- .* \[5\].*\n  1\. .* \[6\].*\n  2\. .* \[7\]", chinese, re.MULTILINE)
    assert nested, "three numbered points below the fifth"


def test_text_cannot_become_markup(client: Client) -> None:
    hostile = "# <script>x</script> [a](b) `c` *d* _e_ f_g &amp; \\"
    publish(summary_en=f"{hostile}\n\n1. x\n\n- y", bullets=(Bullet(1, "一", hostile),))
    text = client.get(TWIN).content.decode()
    safe = r"\# \<script\>x\</script\> \[a\](b) \`c\` \*d\* \_e\_ f_g \&amp; \\"
    assert f"\n\n{safe}\n\n1\\. x\n\n\\- y\n\n" in text
    assert f"\n- {safe} [1](<" in text


def test_client_that_asks_for_markdown_gets_it_at_the_page_without_caching(client: Client) -> None:
    publish()
    twin = client.get(TWIN).content
    for accept in ("text/markdown", "text/markdown, text/html, */*", "text/html;q=0.5, text/markdown"):
        response = client.get(PAGE, headers={"accept": accept})
        assert response.content == twin
        for name, value in {"Cache-Control": "no-store", "Vary": "Accept", "Content-Location": TWIN}.items():
            assert response.headers[name] == value
    html = client.get(PAGE)
    assert html.headers["Cache-Control"] == "public, max-age=60"
    assert "Vary" not in html.headers
    others = ("*/*", "text/*", "", "text/html, text/markdown;q=0.9", "text/markdown;q=0", "text/markdown-x")
    for accept in others:
        answer = client.get(PAGE, headers={"accept": accept})
        assert answer.content == html.content, accept
        is_named = "text/markdown" in accept  # deploy/nginx.conf has a key of its own for such requests
        assert (answer.headers["Cache-Control"] == "no-store") == is_named, accept


def test_twin_follows_the_brief_out_of_sight(client: Client) -> None:
    edition = publish()
    withdraw(edition)
    for response in (client.get(TWIN), client.get(PAGE, headers={"accept": "text/markdown"})):
        text = response.content.decode()
        assert response.headers["X-Robots-Tag"] == "noindex"
        for words in (edition.frozen_content.headline_en, "by Vivek Chilukuri, Foreign Policy, article dated 9 June 2025", "Reason: R", "權",
                      "[Read the original](<https://foreignpolicy.com/a_b>)", "(withdrawn June 12, 2026)", f"{SITE}{PAGE}."):  # fmt: skip
            assert words in text
        for hidden in ("Summary", edition.frozen_content.bullets[0].text_en[:20]):
            assert hidden not in text
    Edition.objects.filter(pk=edition.pk).update(removed_at=DAY)
    assert client.get(TWIN).status_code == 410
    assert client.get(PAGE, headers={"accept": "text/markdown"}).status_code == 410
    assert client.get("/en/briefs/no-such-brief.md").status_code == 404
