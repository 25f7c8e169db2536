"""Staff accounts. Readers have no account."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..content import SIDES, Side

REVIEW_CHOICES = [("", _("Both languages")), ("zh", _("Chinese")), ("en", _("English"))]
IMPORTER = "importer"
"""Username of the inactive built-in author of texts imported on the command line without a named person."""


class Person(AbstractUser):
    """A member of staff. Deactivate leavers; never delete them, because frozen rows reference them."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("Name"), max_length=150, blank=True)
    language = models.CharField(_("Language"), max_length=10, choices=settings.LANGUAGES, default="zh-hant")

    # A reviewer's language. Empty means both; an assignment overrides it, and it forbids nothing.
    reviews = models.CharField(
        _("Reviews"), max_length=2, choices=REVIEW_CHOICES, blank=True, default="", db_default=""
    )

    class Meta(AbstractUser.Meta):
        verbose_name = _("Person")  # type: ignore[assignment]
        verbose_name_plural = _("People")  # type: ignore[assignment]

    @property
    def reviewed_sides(self) -> tuple[Side, ...]:
        return tuple(side for side in SIDES if self.reviews in ("", side))

    def __str__(self) -> str:
        return gettext("Import") if self.username == IMPORTER else self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


def get_importer() -> Person:
    person, made = Person.objects.get_or_create(
        username=IMPORTER, defaults={"name": "Import", "is_active": False}
    )
    if made:
        person.set_unusable_password()
        person.save(update_fields=["password"])
    return person
