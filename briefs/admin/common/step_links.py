"""Addresses of the acts of a next step, and its sentence with a link to every gap."""

from typing import Final

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ...models import Brief
from ...workflow.next_step import NEXT_BRIEF, BriefFacts, Sentence, Step

BUTTON_ACTS: Final = (
    "submit", "sign_off_zh", "sign_off_en", "take_back_sign_off_zh", "take_back_sign_off_en", "take_back",
    "turn_into_suggestion", "revise", "recover",
)  # fmt: skip
"""Acts that a button on the brief's page does at once."""

FORM_ACTS: Final = ("approve", "confirm", "publish_urgently")
"""Acts with a page of their own, which asks for more."""


def build_act_url(facts: BriefFacts, act: str) -> str:
    """Return the page, and the place on it, at which the act is done."""
    pk = facts.brief.pk
    page = reverse("admin:briefs_brief_change", args=[pk])
    if act == NEXT_BRIEF:
        return f"{reverse('admin:next')}?after={pk}"
    if act == "notes":
        return f"{page}#note-{facts.notes[0].pk}"
    if act == "fill":
        return f"{page}?view=write#{[*facts.gaps, *facts.approval_gaps][0].about}"
    if act in ("suggestions", "sign_off_zh", "sign_off_en"):
        return f"{page}?view=review"
    if act == "tick_facts":
        return f"{page}#fact-ticks"
    if act == "reword":
        return f"{page}?view=write"
    if act in ("assign", "assign_zh", "assign_en"):
        return f"{reverse('admin:briefs_brief_assign', args=[pk])}{f'#{act[-2:]}' if act != 'assign' else ''}"
    if act == "share":
        return reverse("admin:briefs_brief_share", args=[pk])
    if act == "claim" or act in BUTTON_ACTS:
        return page
    return reverse("admin:briefs_brief_verb", args=[pk, act])


def render_sentence(sentence: Sentence, brief: Brief) -> SafeString:
    page = reverse("admin:briefs_brief_change", args=[brief.pk])
    links = (
        format_html('<a class="gap" href="{}?view=write#{}">{}</a>', page, phrase.about, phrase.text)
        if phrase.about
        else phrase.text
        for phrase in sentence.phrases
    )
    return format_html_join("", "{}", ((part,) for part in links))


def render_step(step: Step, facts: BriefFacts) -> SafeString:
    """Render the main act as a link for a list, if the brief waits for this person, with the sentence as its title."""
    if not step.is_mine:
        return format_html('<span class="step">{}</span>', step.sentence)
    link = '<a class="step mine" href="{}" title="{}">{}</a>'
    return format_html(link, build_act_url(facts, step.main), step.sentence, step.label)
