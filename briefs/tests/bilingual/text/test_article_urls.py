"""Hosts are written in ASCII, and those that can be mistaken for another are found."""

import pytest

from briefs.bilingual.text.article_urls import (
    build_article_key,
    find_lookalike_host,
    is_safe_link,
    write_host_in_ascii,
)

KNOWN = ("https://www.chathamhouse.org/", "https://rand.org/", "not a link")


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://chathаm.org/a", "https://xn--chathm-7nf.org/a"),
        ("https://例子.台灣/路徑?q=中", "https://xn--fsqu00a.xn--kpry57d/路徑?q=中"),
        ("HTTPS://例子。台灣:8443/", "HTTPS://xn--fsqu00a.xn--kpry57d:8443/"),
        ("https://Straße.de/", "https://xn--strae-oqa.de/"),
        ("https://ｒａｎｄ.org/", "https://rand.org/"),
        ("https://Example.org/é", "https://Example.org/é"),
        ("see 例子.台灣", "see 例子.台灣"),
    ],
)
def test_host_is_written_as_browsers_do(url: str, written: str) -> None:
    assert write_host_in_ascii(url) == written
    assert write_host_in_ascii(written) == written


def test_both_spellings_of_a_host_are_one_article() -> None:
    assert build_article_key("https://例子.台灣/a/") == build_article_key("https://xn--fsqu00a.xn--kpry57d/a")


@pytest.mark.parametrize(
    "host", ["rand\u200b.org", "ra\u00adnd.org", "例" * 80 + ".tw", "evil.org／rand.org", "a％2fb.tw"]
)
def test_host_that_no_browser_opens_is_no_safe_link(host: str) -> None:
    assert not is_safe_link(f"https://{host}/")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://chathаm.org/a", ("xn--chathm-7nf.org", "")),
        ("https://台灣ai.tw/", ("xn--ai-4k6c029h.tw", "")),
        ("https://www.chаthamhouse.org/", ("xn--chthamhouse-zij.org", "chathamhouse.org")),
        ("https://chathámhouse.org/", ("xn--chathmhouse-o7a.org", "chathamhouse.org")),
        ("https://chatharnh0use.org/", ("chatharnh0use.org", "chathamhouse.org")),
        ("https://news.rаnd.org/", ("news.xn--rnd-6cd.org", "rand.org")),
    ],
)
def test_lookalike_host_is_found(url: str, found: tuple[str, str]) -> None:
    assert find_lookalike_host(url, KNOWN) == found


@pytest.mark.parametrize(
    "host",
    [
        *("chathamhouse.org", "www.rand.org", "news.rand.org", "brand.org", "127.0.0.1"),
        *(
            "例子.台灣", "テスト・の々ー.jp", "한국.kr", "bjørn.no", "café.fr", "сахар.рф", "москва.com",
            "xn--99999999.org",
        ),
    ],
)  # fmt: skip
def test_honest_host_gives_no_alarm(host: str) -> None:
    assert find_lookalike_host(f"https://{host}/a", KNOWN) is None
