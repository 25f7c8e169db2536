"""Columns of sheets of vocabulary, one text per cell. Errors are sentences for the user."""

from typing import Any

from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.widgets import Widget

from briefs.content import ForbiddenCharacter, tidy, tidy_line

TRUE_WORDS = ("true", "1", "yes", "是")
FALSE_WORDS = ("false", "0", "no", "否")


def tidy_cell(text: str, *, multiline: bool) -> str:
    try:
        return tidy(text) if multiline else tidy_line(text)
    except ForbiddenCharacter as bad:
        code = f"U+{ord(bad.character):04X}"
        sentence = _("Line %(line)s: remove the control character %(code)s.")
        raise ValueError(sentence % {"line": bad.line, "code": code}) from bad


class TextWidget(Widget):  # type: ignore[misc]
    multiline = False

    def clean(self, value: str, row: Any = None, **options: Any) -> Any:
        return tidy_cell(value, multiline=self.multiline)

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return "" if value is None else str(value)


class LongTextWidget(TextWidget):
    multiline = True


class LinesWidget(TextWidget):
    """A list with one entry per line."""

    def clean(self, value: str, row: Any = None, **options: Any) -> list[str]:
        lines = tidy_cell(value, multiline=True).split("\n")
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return "\n".join(value or [])


class FlagWidget(TextWidget):
    def clean(self, value: str, row: Any = None, **options: Any) -> bool:
        said = value.strip().lower()
        if said not in TRUE_WORDS + FALSE_WORDS:
            raise ValueError(_("Write TRUE or FALSE."))
        return said in TRUE_WORDS

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return "" if value is None else "TRUE" if value else "FALSE"


class ChoiceWidget(TextWidget):
    """A stored value, or its label in the user's language."""

    def __init__(self, choices: Any) -> None:
        super().__init__()
        self.choices = choices

    def clean(self, value: str, row: Any = None, **options: Any) -> str:
        said = value.strip()
        for stored, label in self.choices:
            if said.casefold() in (str(stored).casefold(), str(label).casefold()):
                return str(stored)
        if said:
            allowed = _(", ").join(str(stored) for stored, _label in self.choices if stored)
            raise ValueError(
                _("“%(value)s” is none of: %(allowed)s.") % {"value": said[:40], "allowed": allowed}
            )
        return ""


class VocabularyColumn(Field):  # type: ignore[misc]
    def save(self, instance: Any, row: Any, is_m2m: bool = False, **options: Any) -> None:
        """Store the value. A blank flag takes the default in a new row and is an error in an existing one."""
        if isinstance(self.widget, FlagWidget) and not row[self.column_name].strip() and instance.pk is None:
            return
        super().save(instance, row, is_m2m, **options)
