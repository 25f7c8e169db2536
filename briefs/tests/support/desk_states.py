"""The 14 states in which a brief asks different things of people, made by the real verbs, for a team with one publisher."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

from briefs import workflow
from briefs.models import Brief, Person

from . import factories


class SmallTeam(SimpleNamespace):
    """A writer, a reviewer of each language and the only publisher."""

    lin: Person
    chen: Person
    claire: Person
    chou: Person

    def __init__(self) -> None:
        groups = {"lin": ["Writers"], "chen": ["Reviewers"], "claire": ["Reviewers"], "chou": ["Publishers"]}
        super().__init__(**{person.username: person for person in factories.people(groups)})
        names = ("林書瑋", ""), ("陳雅筑", "zh"), ("Claire Wu", "en"), ("周以恆", "")
        for person, (person.name, person.reviews) in zip(self.everybody, names, strict=True):
            person.save()

    @property
    def everybody(self) -> list[Person]:
        return [self.lin, self.chen, self.claire, self.chou]


def reload(brief: Brief) -> Brief:
    return Brief.objects.get(pk=brief.pk)


def draft(team: SmallTeam, **changes: Any) -> Brief:
    brief = workflow.editing.create(factories.content(**changes), by=team.lin)
    for side, person in (("zh", team.chen), ("en", team.claire)):
        factories.assign_reviewer(brief, side, person, by=team.lin)
    return reload(brief)


def incomplete(team: SmallTeam) -> Brief:
    bullets = factories.content().bullets
    brief = draft(team, summary_en="", bullets=(replace(bullets[0], text_en=""), *bullets[1:]))
    Brief.objects.filter(pk=brief.pk).update(article_date_confirmed=False)
    return reload(brief)


def planned(team: SmallTeam) -> Brief:
    brief = workflow.claim("https://example.org/planned", by=team.chou)
    factories.assign_writer(brief, None, by=team.chou)
    return reload(brief)


def submit(team: SmallTeam, brief: Brief) -> Brief:
    workflow.submit(brief, by=team.lin, version=reload(brief).version)
    return reload(brief)


def returned(team: SmallTeam) -> Brief:
    brief = in_review(team)
    workflow.reviewing.add_note(brief, "Why?", by=team.claire)
    workflow.send_back(brief, by=team.claire, note="No.", sides=("en",))
    return reload(brief)


def in_review(team: SmallTeam) -> Brief:
    return submit(team, draft(team))


def chinese_signed(team: SmallTeam) -> Brief:
    brief = in_review(team)
    factories.sign_off(brief, team.chen, "zh")
    return reload(brief)


def nobody_asked(team: SmallTeam) -> Brief:
    brief = chinese_signed(team)
    factories.assign_reviewer(brief, "en", None, by=team.chou)
    return reload(brief)


def reworded(team: SmallTeam) -> Brief:
    brief = chinese_signed(team)
    factories.edit(brief, team.claire, summary_en="Reworded.")
    factories.sign_off(brief, team.claire, "en")
    return reload(brief)


def both_signed(team: SmallTeam) -> Brief:
    brief = chinese_signed(team)
    factories.sign_off(brief, team.claire, "en")
    return reload(brief)


def notes_open(team: SmallTeam) -> Brief:
    brief = both_signed(team)
    workflow.reviewing.add_note(brief, "Why?", by=team.chen)
    return reload(brief)


def publisher_edited_last(team: SmallTeam) -> Brief:
    brief = draft(team)
    factories.edit(brief, team.chou, summary_zh="主編改的。")
    brief = submit(team, brief)
    factories.sign_off(brief, team.chen, "zh")
    factories.sign_off(brief, team.claire, "en")
    return reload(brief)


def scheduled(team: SmallTeam) -> Brief:
    brief = both_signed(team)
    factories.approve(brief, team.chou, at=factories.tomorrow())
    return reload(brief)


def live(team: SmallTeam) -> Brief:
    brief = both_signed(team)
    factories.approve(brief, team.chou)
    return reload(brief)


DESK_STATES: Final[dict[str, Callable[[SmallTeam], Brief]]] = {
    "incomplete": incomplete,
    "complete": draft,
    "planned": planned,
    "sent back": returned,
    "unsigned": in_review,
    "Chinese signed": chinese_signed,
    "nobody asked": nobody_asked,
    "reworded": reworded,
    "both signed": both_signed,
    "notes open": notes_open,
    "publisher edited last": publisher_edited_last,
    "scheduled": scheduled,
    "live": live,
}
