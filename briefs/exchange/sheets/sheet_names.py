"""Names of authors, sources and keywords in sheets of briefs. Each written name identifies one row."""

from collections import defaultdict
from collections.abc import Iterable

from django.utils.translation import gettext as _

from briefs.derived.build import get_merged_into_id
from briefs.exchange import load_rows_by_id
from briefs.models import Author, Keyword, Source
from briefs.models.vocabulary import Vocabulary

ID_SEPARATOR = " #"
"""Precedes the id of an entry that shares its name, as in “John Smith #12”. The desk's form reads it too."""


class SheetNames:
    """All names, read once per export or import. A merged entry has the name of the one it was merged into."""

    def __init__(self) -> None:
        self._kinds = {"source": _Names(Source), "authors": _Names(Author), "keywords": _Names(Keyword)}

    def write(self, fact: str, pk: int) -> str:
        return self._kinds[fact].write(pk)

    def find(self, fact: str, name: str) -> int:
        """Return the id of the entry with this name. Raise ValueError with a sentence."""
        return self._kinds[fact].find(name)


class _Names:
    def __init__(self, kind: type[Vocabulary]) -> None:
        self._rows = load_rows_by_id(kind)
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for pk, row in self._rows.items():
            if get_merged_into_id(row) is None and row.pk == pk:
                for name in set(_list_names(row)):
                    self._by_name[name.casefold()].append(pk)

    def write(self, pk: int) -> str:
        row = self._rows[pk]
        name = _list_names(row)[0]
        return name if len(self._by_name[name.casefold()]) == 1 else f"{name}{ID_SEPARATOR}{row.pk}"

    def find(self, name: str) -> int:
        ids = self._by_name.get(name.casefold(), [])
        if not ids:
            whole, _sign, number = name.rpartition(ID_SEPARATOR)
            ids = [pk for pk in self._by_name.get(whole.casefold(), ()) if str(pk) == number]
        if not ids:
            sentence = _("“%(name)s” is not in the vocabulary. Add it there first; write one name a line.")
            raise ValueError(sentence % {"name": name[:80]})
        if len(ids) > 1:
            several = _(", ").join(f"{name}{ID_SEPARATOR}{pk}" for pk in ids[:5])
            raise ValueError(
                _("More than one entry has this name. Write one of: %(names)s.") % {"names": several}
            )
        return ids[0]


def _list_names(row: Vocabulary) -> list[str]:
    """Return the names by which a sheet may refer to an entry. The export writes the first."""
    match row:
        case Keyword():
            names: Iterable[str] = (str(row), row.label_zh, row.label_en)
        case Author() | Source():
            names = (row.name, str(row), row.name_zh)
        case _:
            names = (str(row),)
    return list(filter(None, names))
