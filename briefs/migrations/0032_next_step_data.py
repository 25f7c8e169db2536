from django.db import migrations
from django.db.models import F, OuterRef, Subquery

CONDITIONS = {
    "act": ("review", "assigned", "ready", "urgent"),
    "returned": ("sent_back",),
    "note": ("noted",),
    "suggestion": ("suggested",),
    "open": ("answered",),
    "signed_zh": ("signed_zh",),
    "signed_en": ("signed_en",),
    "scheduled": ("scheduled",),
    "public": ("published", "confirmed"),
    "proposal": ("proposed",),
    "letter": ("letter",),
}


def name_conditions(apps, schema_editor):
    """Say of the unread notices what they are about."""
    outbox = apps.get_model("briefs", "Outbox").objects.filter(condition="", read_at=None)
    for condition, kinds in CONDITIONS.items():
        outbox.filter(kind__in=kinds).update(condition=condition)


def find_returned_drafts(apps, schema_editor):
    """Mark the drafts whose last change of state was a send-back."""
    Brief, Event = apps.get_model("briefs", "Brief"), apps.get_model("briefs", "Event")
    moves = Event.objects.filter(brief=OuterRef("pk"), to_state="draft").exclude(from_state=F("to_state")).order_by("-id")
    drafts = Brief.objects.filter(state="draft", returned_at=None)
    drafts = drafts.annotate(verb=Subquery(moves.values("verb")[:1])).filter(verb="send_back")
    drafts.update(returned_at=Subquery(moves.values("at")[:1]), returned_by=Subquery(moves.values("by")[:1]))


def name_writers(apps, schema_editor):
    """Give each open brief without a writer the author of its first revision."""
    Brief, Revision = apps.get_model("briefs", "Brief"), apps.get_model("briefs", "Revision")
    first = Revision.objects.filter(brief=OuterRef("pk"), by__is_active=True).order_by("number").values("by")[:1]
    Brief.objects.filter(state__in=("draft", "in_review"), assigned_to=None).update(assigned_to=Subquery(first))


def nothing(apps, schema_editor):
    """The columns go with the migration before."""


class Migration(migrations.Migration):

    dependencies = [("briefs", "0031_next_step")]

    operations = [
        migrations.RunPython(name_conditions, nothing),
        migrations.RunPython(find_returned_drafts, nothing),
        migrations.RunPython(name_writers, nothing),
    ]
