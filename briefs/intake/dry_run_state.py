"""What an import that will be undone has come through: its later documents are told, as a real one's would be."""

from dataclasses import dataclass, field

from .outcomes import Item


@dataclass(slots=True)
class Passed:
    """`made` are the briefs of a rehearsal, which stand until it ends; the keys serve a dry run, whose groups
    are undone one by one. Some hundred bytes a document.
    """

    made: set[int] = field(default_factory=set)
    _lines: set[str] = field(default_factory=set)
    _names: set[tuple[str, int]] = field(default_factory=set)
    _forms: set[tuple[str, int, str]] = field(default_factory=set)
    _articles: dict[str, str] = field(default_factory=dict)

    def add(self, item: Item, status: str, brief: int | None) -> None:
        if status == "created" and brief is not None:
            self.made.add(brief)
        self._lines.add(item.lines)
        self._names.add((item.base, item.reading.index))
        if item.article:
            self._forms.add(item.form)
            self._articles.setdefault(item.article, item.base)

    def has_lines(self, item: Item) -> bool:
        return item.lines in self._lines

    def has_form(self, item: Item) -> bool:
        return item.form in self._forms

    def has_name(self, item: Item) -> bool:
        return (item.base, item.reading.index) in self._names

    def file_of(self, item: Item) -> str:
        """The first file of this import with the same article, or empty."""
        return self._articles.get(item.article, "")
