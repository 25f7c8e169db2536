"""Clean an uploaded picture, store its files and record it in the database."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils import timezone

from .. import images
from ..content import Picture as Shape
from ..models import Person, Picture
from .rules.transitions import require_allowed


def store_picture(data: bytes, *, by: Person, now: dt.datetime | None = None) -> Picture:
    """Return the picture row for these bytes, created on their first upload. Raise PictureRefused.

    Files are written before the row, so an interrupted upload leaves no row without files. Missing files of an
    existing row are written again.
    """
    require_allowed(by, "edit")
    row = Picture.objects.filter(pk=images.hash_picture(data)).first()
    if row and images.is_stored(Shape(row.key, row.width, row.height)):
        return row
    cleaned = images.clean(data)
    images.write(cleaned)
    if row:
        return row
    values = {"width": cleaned.width, "height": cleaned.height, "at": now or timezone.now(), "by": by}
    try:
        with transaction.atomic():
            return Picture.objects.create(key=cleaned.key, **values)
    except IntegrityError:  # concurrent uploads of the same bytes
        return Picture.objects.get(pk=cleaned.key)
