"""Out and in again: an exported brief reads back as itself."""

from pathlib import Path

import pytest
from django.core.management import call_command

from briefs import workflow
from briefs.content import Content
from briefs.demo import load_missing
from briefs.documents.reading import read
from briefs.exchange.text import all_briefs, exported
from briefs.models import Author, Brief, Keyword, Source

from .conftest import FIXTURES, SEED
from .test_intake import run

pytestmark = pytest.mark.django_db


def words(content: Content) -> object:
    return (
        [(b.text_zh, b.text_en, b.level_zh, b.level_en, b.marker_zh, b.marker_en) for b in content.bullets],
        content.summary_zh,
        content.summary_en,
        content.headline_zh,
        content.headline_en,
    )


def test_exported_briefs_read_back_as_themselves(capsys, tmp_path: Path) -> None:
    load_missing("vocabulary.json")
    run(capsys, str(SEED), str(FIXTURES / "samples"))
    before = {b.pk: workflow.content_of(b) for b in Brief.objects.all()}
    call_command("export_briefs", "--output", str(tmp_path / "out"))
    files = sorted((tmp_path / "out").iterdir())
    assert len(files) == len(before) == 4
    for file, (pk, content) in zip(files, sorted(before.items()), strict=True):
        (reading,) = read(file.read_bytes(), file.name)
        assert reading.parsed is not None
        assert reading.parsed.date.iso == content.facts.date
        assert reading.parsed.date.ambiguous is not Brief.objects.get(pk=pk).article_date_confirmed
        assert file.name.startswith(f"{pk:05}-")
    capsys.readouterr()
    Brief.objects.update(state="discarded")
    lines, code = run(capsys, str(tmp_path / "out"))
    assert code == 0
    again = [workflow.content_of(Brief.objects.get(pk=line["brief"])) for line in lines]
    assert [words(c) for c in again] == [words(before[pk]) for pk in sorted(before)]
    assert [(c.facts.source, c.facts.authors, c.facts.keywords) for c in again] == [
        (c.facts.source, c.facts.authors, c.facts.keywords) for _, c in sorted(before.items())
    ]


def test_what_was_merged_goes_out_under_the_name_of_its_heir(capsys) -> None:
    run(capsys, str(SEED))
    rows = Author.objects.get(), Source.objects.get(), Keyword.objects.get(label_zh="科技")
    for row in rows:
        middle = type(row).make(**({"label_zh": "中間"} if isinstance(row, Keyword) else {"name": "Middle"}))
        heir = (
            Keyword.objects.get(label_zh="美國")
            if isinstance(row, Keyword)
            else type(row).make(name="The Heir")
        )
        type(row).objects.filter(pk=row.pk).update(merged_into=middle)
        type(row).objects.filter(pk=middle.pk).update(merged_into=heir)
    ((_, text),) = exported(all_briefs())
    assert "作者/Author(s): The Heir\n" in text
    assert "網站來源/Source: The Heir\n" in text
    assert "關鍵字/Keywords: 美國、全球\n" in text


def test_without_a_folder_it_goes_to_the_terminal(capsys) -> None:
    run(capsys, str(SEED))
    call_command("export_briefs")
    out, err = capsys.readouterr()
    assert out.startswith("作者/Author(s): Vivek Chilukuri")
    assert "1 briefs written" in err
