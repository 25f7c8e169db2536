"""The order of a person's name, and its family and given name."""

import pytest
from django.test import Client
from django.urls import reverse

from briefs.bilingual.text.person_names import divide_person_name
from briefs.content import Byline
from briefs.derived.public_brief import PageNames
from briefs.models import Author
from briefs.tests.support import factories


@pytest.mark.parametrize(
    ("name", "own", "expected"),
    [
        ("Vivek Chilukuri", "", "given-first|Chilukuri|Vivek"),
        ("Ursula von der Leyen", "", "given-first|von der Leyen|Ursula"),
        ("Martin Luther King, Jr.", "", "given-first|King|Martin Luther"),
        ("Hsiao-ting Lin", "", "given-first|Lin|Hsiao-ting"),
        ("Xi Jinping", "習近平", "family-first|Xi|Jinping"),
        ("Yi Wang", "王毅", "given-first|Wang|Yi"),
        ("Wang Yi", "王毅", "family-first|Wang|Yi"),
        ("Ou Yang Nana", "歐陽娜娜", "family-first|Ou Yang|Nana"),
        ("蔡明彥", "", "family-first|蔡|明彥"),
        ("安倍晉三", "", "family-first|安倍|晉三"),
        ("Lin, Thung-hong", "林宗弘", "family-first|Lin|Thung-hong"),
        ("Ngeow Ka Wai", "饒嘉偉", "family-first|Ngeow|Ka Wai"),
        ("Yuki ISHIKURA", "", "given-first|Ishikura|Yuki"),
        ("Eugene MCCARTHY", "", "given-first|MCCARTHY|Eugene"),
        ("Sukarno", "", "undivided||"),
        ("Real Instituto Elcano", "", "undivided||"),
        ("外交部", "", "undivided||"),
        # Told by syllables that are no surname.
        ("Xi Jinping", "", "family-first|Xi|Jinping"),
        ("Hsiao Hsiu-An", "", "family-first|Hsiao|Hsiu-An"),
        ("Nguyen Phu Trong", "", "family-first|Nguyen|Phu Trong"),
        ("Chung, Joo-Shin", "", "family-first|Chung|Joo-Shin"),
        ("In-hwi Park", "", "given-first|Park|In-hwi"),
        # Told by capitals.
        ("SUN Zhe", "", "family-first|Sun|Zhe"),
        ("LI Hui", "", "family-first|Li|Hui"),
        ("Kwan Nok CHAN", "", "given-first|Chan|Kwan Nok"),
        ("Hakan FİDAN", "", "given-first|Fidan|Hakan"),
        ("Nana Ou Yang", "歐陽娜娜", "given-first|Ou Yang|Nana"),
        # Particles and words that belong to the given name.
        ("Khaled Abu Toameh", "", "given-first|Abu Toameh|Khaled"),
        ("Gamal Abdel Nasser", "", "given-first|Abdel Nasser|Gamal"),
        ("María del Carmen Pardo", "", "given-first|Pardo|María del Carmen"),
        ("Péter Ákos Bod", "", "given-first|Bod|Péter Ákos"),
        ("John Smith Snr", "", "given-first|Smith|John"),
        # Asked: the family name may stand first, or there may be none.
        ("Lee Smith", "", "unknown||"),
        ("Abe Shinzo", "", "unknown||"),
        ("Zsolt Semjén", "", "given-first|Semjén|Zsolt"),
        ("Funabashi Yoichi", "", "unknown||"),
        ("Yoichi Funabashi", "", "given-first|Funabashi|Yoichi"),
        ("Tak Ha-nam", "", "unknown||"),
        ("Bjarni Benediktsson", "", "unknown||"),
        ("Ana María Salazar", "", "given-first|Salazar|Ana María"),
        ("Aung San Suu Kyi", "", "unknown||"),
        ("Mahathir bin Mohamad", "", "unknown||"),
        ("Carrie Lam Cheng Yuet-ngor", "", "unknown||"),
        ("石破茂", "", "unknown||"),
        ("김정은", "", "unknown||"),
        # Asked: what follows a surname may be one.
        ("Zhu Feng", "", "unknown||"),
        ("Hoang Thi Ha", "", "unknown||"),
        ("Min Jin Lee", "", "unknown||"),
        ("BAE Systems", "", "unknown||"),
        # Asked: the last word may be a given name.
        ("Joseph Liow Chinyong", "", "unknown||"),
        ("Tae Yongho", "", "unknown||"),
        ("Ou-yang Ming", "", "unknown||"),
        ("Hiroshi Tsuji", "", "given-first|Tsuji|Hiroshi"),
        ("Rózsa Erzsébet", "", "unknown||"),
        ("Ibrahim Yahaya Ibrahim", "", "unknown||"),
        # Asked: it may be no part of the name.
        ("John Smith PhD", "", "unknown||"),
        ("John Smith (CSIS)", "", "unknown||"),
        ("Ganesh K.S.", "", "unknown||"),
        # Asked: the family name may have two words.
        ("Marie-Claire Anne Dupont", "", "given-first|Dupont|Marie-Claire Anne"),
        ("Ana San Román", "", "unknown||"),
    ],
)
def test_name_is_divided_or_asked_about(name: str, own: str, expected: str) -> None:
    assert "|".join(divide_person_name(name, own)) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"name_order": "family-first"}, ("Kim", "Song", "")),
        ({"name_order": "given-first"}, ("Song", "Kim", "")),
        ({"name_order": "undivided"}, ("", "", "")),
        ({"name_order": "unknown"}, ("", "", "unknown")),
        ({"name_order": "unknown", "family": "Kim", "given": "Song"}, ("Kim", "Song", "")),
        ({"name_order": "unknown", "name_zh": "金松", "name_zh_kind": "own"}, ("Kim", "Song", "")),
    ],
)
def test_editor_answers_the_question_of_the_order(
    client: Client, team: factories.Team, typed: dict[str, str], expected: tuple[str, str, str]
) -> None:
    row = Author.make(name="Kim Song", name_order="unknown")
    client.force_login(team.writer)
    address = reverse("admin:briefs_author_change", args=[row.pk])
    seen = client.get(address).context["adminform"].form.initial["seen"]
    values = {"name": row.name, "family": "", "given": "", "name_zh": "", "name_zh_kind": "", "seen": seen}
    assert client.post(address, values | typed).status_code == 302
    row.refresh_from_db()
    assert (row.family, row.given, row.name_order) == expected


@pytest.mark.django_db
def test_unknown_order_is_part_of_what_an_approver_saw() -> None:
    row = Author.make(name="Kim Song", name_order="unknown")
    content = factories.content(facts=factories.facts(authors=(Byline(row.pk),)))
    before = PageNames.load(content)
    Author.objects.update(name_order="")
    after = PageNames.load(content)
    assert before.hash_with(content) != after.hash_with(content)
    (change,) = after.find_changes_since(before)
    assert change.before != change.after == "Kim Song"


@pytest.mark.django_db
def test_desk_asks_until_the_order_is_known(client: Client, team: factories.Team) -> None:
    row = Author.make(name="Kim Song", name_order="unknown")
    content = factories.content(facts=factories.facts(authors=(Byline(row.pk),)))
    brief = factories.draft_brief(team, content)
    client.force_login(team.writer)
    address = f"/admin/briefs/brief/{brief.pk}/change/?findings=1"
    page = client.get(address).content.decode()
    assert "Kim Song：姓氏在前還是在後？" in page
    assert f"/admin/briefs/author/{row.pk}/change/" in page
    Author.objects.update(family="Kim", given="Song")
    assert "Kim Song：姓氏" not in client.get(address).content.decode()
