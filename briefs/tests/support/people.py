"""Who lives in the world of `worlds`: briefs in every state, by where they stand."""

import datetime as dt
from dataclasses import replace

from briefs import intake, workflow
from briefs.derived import label_propagation
from briefs.models import Author, Brief, Keyword, Source, Term

from . import factories
from .state_model import ALWAYS, HIDDEN, LATER, NOTICE, Phase, Words, World


def _drafts(world: World) -> None:
    team = world.team
    words = world.words("draft", date="1887-03-17")
    facts = replace(words.content.facts, embargo_until=LATER.isoformat())
    brief = world.draft(
        Words(replace(words.content, facts=facts)), due_on=dt.date(1889, 1, 2), assigned_to=team.writer
    )
    factories.edit(brief, team.writer, summary_en=world.latin("draft/second save"))
    world.remark(brief, "draft")
    world.add("draft", brief)

    world.add("imported", _imported(world))
    claimed = workflow.claim(
        f"https://example.org/{world.latin('claim/url')}", by=team.writer, due_on=dt.date(1888, 1, 2)
    )
    world.add("planned", claimed)

    brief = world.draft(world.words("discarded", date="1885-01-02"))
    workflow.discard(brief, by=team.writer, version=brief.version)
    world.add("discarded", brief)


def _imported(world: World) -> Brief:
    """From a file whose name and bytes have tokens too, some of which are no part of the brief."""
    say, write = (lambda part: world.latin(f"file/{part}")), (lambda part: world.han(f"file/{part}"))
    lines = [
        f"{say('preamble')} {write('preamble_zh')}",
        *(f"標題: {write('headline_zh')}", f"Title: {say('headline_en')} imported"),
        *(f"作者/Author(s): {say('author')}", f"網站來源/Source: {say('source')}", "日期/Date: 06/09/1886"),
        *(f"關鍵字/Keywords: {write('keyword_zh')}、{say('keyword')}", ""),
        *("摘要:", f"{write('summary_zh')}摘要。", f"  • {write('bullet_zh')}第一點。", ""),
        *("Summary:", f"{say('summary_en')} summary.", f"  • {say('bullet_en')} point."),
    ]
    job = intake.create_import_job(actor=world.team.writer)
    ((outcome),) = intake.import_bytes(f"{say('name')}.txt", "\n".join(lines).encode(), job)
    assert outcome.brief, outcome
    return Brief.objects.get(pk=outcome.brief)


def _reviews(world: World) -> None:
    team = world.team
    brief = world.draft(world.words("in review", date="1884-01-02"))
    workflow.submit(brief, by=team.writer, version=brief.version)
    workflow.add_note(brief, world.latin("in review/open note"), by=team.reviewer)
    world.add("in review", brief)

    world.add("signed", world.signed(world.draft(world.words("signed", date="1883-01-02")), "signed"))

    brief = world.draft(world.words("sent back", date="1882-01-02"))
    workflow.submit(brief, by=team.writer, version=brief.version)
    workflow.send_back(brief, by=team.reviewer, note=world.latin("sent back/note"))
    world.add("sent back", brief)


def _lives(world: World) -> None:
    words = world.words("live")
    world.add("live", world.approved(words, "live"), words.live())

    first, second = world.words("live twice/first"), world.words("live twice/second")
    change, said = world.change("live twice")
    brief = world.next_edition(world.approved(first, "live twice"), second, "live twice/second", change)
    world.add("live twice", brief, second.live(extra=said))

    for n in range(6):  # so that lists have a second page
        words = world.words(f"also live {n}")
        world.add(f"also live {n}", world.approved(words, f"also live {n}"), words.live())


def _next_versions(world: World) -> None:
    """Live, and the desk is further on."""
    team = world.team
    words = world.words("live, newer draft")
    brief = world.approved(words, "live, newer draft")
    world.revised(brief, world.words("newer draft", date="1881-01-02", like=words.content))
    world.add("live, newer draft", brief, words.live())

    words = world.words("live, newer in review")
    brief = world.approved(words, "live, newer in review")
    world.signed(world.revised(brief, world.words("newer in review", date="1880-01-02")), "newer in review")
    world.add("live, newer in review", brief, words.live())

    words = world.words("live, revision discarded")
    brief = world.approved(words, "live, revision discarded")
    row = world.revised(brief, world.words("discarded revision", date="1879-01-02"))
    workflow.discard(row, by=team.writer, version=row.version)
    world.add("live, revision discarded", brief, words.live())


def _schedules(world: World) -> None:
    team = world.team
    words, at = world.words("scheduled"), world.moment()
    world.add("scheduled", world.approved(words, "scheduled", at=at), HIDDEN, words.live(at))

    words = world.words("cancelled", date="1878-01-02")
    brief = world.approved(words, "cancelled", at=world.moment())
    workflow.cancel(brief, by=team.publisher)
    world.add("cancelled", brief)

    words, sooner = world.words("rescheduled"), world.moment()
    brief = world.approved(words, "rescheduled", at=world.moment())
    workflow.reschedule(brief, by=team.other_publisher, at=sooner)
    world.add("rescheduled", brief, HIDDEN, words.live(sooner))

    for name, ends in (("live, scheduled", ""), ("live, scheduled then cancelled", "cancel")):
        first, second, at = world.words(name), world.words(f"{name}/second"), world.moment()
        change, said = world.change(name)
        brief = world.next_edition(world.approved(first, name), second, f"{name}/second", change, at=at)
        if ends:
            workflow.cancel(brief, by=team.publisher)
        world.add(name, brief, first.live(), *([] if ends else [second.live(at, said)]))

    first, second, at = (
        world.words("scheduled, edited since"),
        world.words("edited since", date="1877-01-02"),
        world.moment(),
    )
    brief = world.approved(first, "scheduled, edited since", at=at)
    world.revised(brief, second)
    world.add("scheduled, edited since", brief, HIDDEN, first.live(at))


def _urgents(world: World) -> None:
    team = world.team
    for name, confirmed in (("urgent", False), ("urgent, confirmed", True)):
        words = world.words(name)
        brief, reason = world.draft(words), world.latin(f"{name}/reason")
        workflow.publish_urgently(brief, by=team.publisher, seen=factories.seen(brief), reason=reason)
        if confirmed:
            workflow.confirm(brief, by=team.reviewer)
        world.add(name, brief, words.live())
    words, at, reason = (
        world.words("urgent, scheduled"),
        world.moment(),
        world.latin("urgent, scheduled/reason"),
    )
    brief = world.draft(words)
    workflow.publish_urgently(brief, by=team.publisher, seen=factories.seen(brief), reason=reason, at=at)
    world.add("urgent, scheduled", brief, HIDDEN, words.live(at))


def _downs(world: World) -> None:
    """Withdrawn and removed, some with a next edition on its way."""
    team = world.team
    for name in ("withdrawn", "withdrawn, newer draft", "withdrawn, next scheduled"):
        words = world.words(name)
        brief = world.approved(words, name)
        values, said = world.reasons(name)
        workflow.withdraw(brief, by=team.publisher, **values)
        shown = words.only("headline", "source_name") | said
        phases = [Phase(ALWAYS, 200, shown, shown | words.only(*NOTICE))]
        if "newer" in name:
            world.revised(brief, world.words("newer draft of a withdrawn one", date="1876-01-02"))
        if "scheduled" in name:
            second, at, (change, note) = world.words(f"{name}/second"), world.moment(), world.change(name)
            world.next_edition(brief, second, f"{name}/second", change, at=at)
            phases.append(second.live(at, note))
        world.add(name, brief, *phases)

    for name in ("removed", "removed, next scheduled"):
        brief = world.approved(world.words(name), name)
        workflow.remove(brief, by=team.publisher, reason=world.latin(f"{name}/reason"))
        phases = [Phase(ALWAYS, 410)]
        if "scheduled" in name:
            # The first edition that readers find now: what was removed is not named.
            second, at, (change, note) = world.words(f"{name}/second"), world.moment(), world.change(name)
            world.next_edition(brief, second, f"{name}/second", change, at=at)
            phases.append(replace(live := second.live(at), allowed=live.allowed | note))
        world.add(name, brief, *phases)


def _returned(world: World) -> None:
    """Taken down once, and public again."""
    team = world.team
    for name in ("reinstated after withdrawal", "reinstated after removal"):
        words = world.words(name)
        brief = world.approved(words, name)
        if "withdrawal" in name:
            workflow.withdraw(brief, by=team.publisher, **world.reasons(name)[0])
        else:
            workflow.remove(brief, by=team.publisher, reason=world.latin(f"{name}/reason"))
        workflow.reinstate(brief, by=team.publisher)
        world.add(name, brief, words.live())

    for verb in ("withdrawn", "removed"):
        name = f"second {verb}, third live"
        first, second, third = (world.words(f"{name}/{n}") for n in (1, 2, 3))
        (change, said), (again, last) = world.change(f"{name}/2"), world.change(f"{name}/3")
        brief = world.next_edition(world.approved(first, name), second, f"{name}/2", change)
        if verb == "withdrawn":
            workflow.withdraw(brief, by=team.publisher, **world.reasons(name)[0])
        else:
            workflow.remove(brief, by=team.publisher, reason=world.latin(f"{name}/reason"))
        brief = world.next_edition(brief, third, f"{name}/3", again)
        live = third.live(extra=last)
        # A withdrawn edition was public, so its line may stay in the history; a removed one leaves no trace.
        world.add(
            name, brief, replace(live, allowed=live.allowed | (said if verb == "withdrawn" else frozenset()))
        )


def _glossary(world: World) -> None:
    """Terms that stand in a live text, in one that is scheduled, in a draft, and one that was merged."""
    team, at = world.team, world.moment()
    live, soon = world.words("term live"), world.words("term soon")
    draft = world.words("term draft", date="1875-01-02")
    terms = {}
    for words, name in ((live, "live"), (soon, "soon"), (draft, "draft")):
        terms[name] = Term(zh=words.tokens["bullet1_zh"], en=world.latin(f"term/{name}"))
        workflow.save_vocabulary_row(terms[name], by=team.publisher)
    loser = Term.make(
        zh=live.tokens["bullet2_zh"], en=world.latin("term/merged"), also_en=[world.latin("term/also")]
    )
    said = {name: frozenset((term.en.lower(),)) for name, term in terms.items()}
    world.add("term live", world.approved(live, "term live"), live.live(extra=said["live"]))
    world.add("term soon", world.approved(soon, "term soon", at=at), HIDDEN, soon.live(at, said["soon"]))
    world.add("term draft", world.draft(draft))
    workflow.merge_vocabulary([loser], into=terms["live"], by=team.publisher)


def _shared(world: World) -> None:
    """Vocabulary that nothing public uses, old labels, and the site's own text."""
    team = world.team
    Author.make(name=world.latin("unused/author"), name_zh=world.han("unused/author_zh"))
    Source.make(name=world.latin("unused/source"), name_zh=world.han("unused/source_zh"))
    Keyword.make(label_en=world.latin("unused/keyword"), label_zh=world.han("unused/keyword_zh"))
    Term.make(
        en=world.latin("unused/term"), zh=world.han("unused/term_zh"), note=world.latin("unused/term note")
    )

    words = world.words("relabelled")
    brief = world.approved(words, "relabelled")
    keyword = Keyword.objects.get(pk=words.content.facts.keywords[0])
    keyword.label_en, keyword.label_zh = world.latin("relabelled/new"), world.han("relabelled/new_zh")
    workflow.save_vocabulary_row(keyword, by=team.publisher)
    new = frozenset((keyword.label_en.lower(), keyword.label_zh))
    old = words.only("keyword_label")
    slug = {words.tokens["keyword_label"]}  # a slug never changes, and it was made from the old label
    live = words.live()
    world.add(
        "relabelled",
        brief,
        replace(live, shown=live.shown - old | new, allowed=live.allowed - old | new | slug),
    )

    words = world.words("merged")
    brief = world.approved(words, "merged")
    loser = Source.objects.get(pk=words.content.facts.source)
    winner = Source.make(name=world.latin("merged/winner"), name_zh=world.han("merged/winner_zh"))
    Source.objects.filter(pk=loser.pk).update(merged_into=winner)
    label_propagation.relabel(loser)
    names = frozenset((winner.name.lower(), winner.name_zh))
    old, live = words.only("source"), words.live()
    world.add(
        "merged", brief, replace(live, shown=live.shown - old | names, allowed=live.allowed - old | names)
    )

    zh, en = world.han("about/zh"), world.latin("about/en")
    workflow.revise_site_text("about", f"{zh}關於", f"{en} about", by=team.publisher, version=0)
    world.anywhere |= {zh, en.lower()}


EVERYBODY = (
    _drafts,
    _reviews,
    _lives,
    _next_versions,
    _schedules,
    _urgents,
    _downs,
    _returned,
    _glossary,
    _shared,
)
"""In this order: the numbers of rows say nothing of it."""
