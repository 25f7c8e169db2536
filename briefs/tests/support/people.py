"""Create the briefs of `state_model.World`: at least one in every state."""

import datetime as dt
from dataclasses import replace

from django.utils import timezone

from briefs import workflow
from briefs.content import ISSUE_TEXTS, IssueContent, IssueText
from briefs.derived.name_changes import move_in_lists
from briefs.exchange import intake
from briefs.models import Author, Brief, Issue, Keyword, Source, Term

from . import factories
from .published_issues import publish_issue
from .state_model import ALWAYS, FUTURE, HIDDEN, WITHDRAWAL_NOTICE_FIELDS, CanaryContent, Phase, World


def _draft_briefs(world: World) -> None:
    team = world.team
    words = world.canary_content("draft", date="1887-03-17")
    facts = replace(words.content.facts, embargo_until=FUTURE.isoformat())
    brief = world.create_draft(
        CanaryContent(replace(words.content, facts=facts)),
        due_on=dt.date(1889, 1, 2),
        assigned_to=team.writer,
    )
    factories.edit(brief, team.writer, summary_en=world.latin_token("draft/second save"))
    world.add_resolved_note(brief, "draft")
    world.add("draft", brief)

    world.add("imported", _import_brief(world))
    claimed = workflow.claim(
        f"https://example.org/{world.latin_token('claim/url')}", by=team.writer, due_on=dt.date(1888, 1, 2)
    )
    world.add("planned", claimed)

    brief = world.create_draft(world.canary_content("discarded", date="1885-01-02"))
    workflow.discard(brief, by=team.writer, version=brief.version)
    world.add("discarded", brief)


def _import_brief(world: World) -> Brief:
    """Import a file that has tokens in its name and its text, some of which do not become part of the brief."""
    latin, han = (
        (lambda part: world.latin_token(f"file/{part}")),
        (lambda part: world.han_token(f"file/{part}")),
    )
    lines = [
        f"{latin('preamble')} {han('preamble_zh')}",
        *(f"標題: {han('headline_zh')}", f"Title: {latin('headline_en')} imported"),
        *(
            f"作者/Author(s): {latin('author')}",
            f"網站來源/Source: {latin('source')}",
            "日期/Date: 06/09/1886",
        ),
        *(f"關鍵字/Keywords: {han('keyword_zh')}、{latin('keyword')}", ""),
        *("摘要:", f"{han('summary_zh')}摘要。", f"  • {han('bullet_zh')}第一點。", ""),
        *("Summary:", f"{latin('summary_en')} summary.", f"  • {latin('bullet_en')} point."),
    ]
    job = intake.create_import_job(actor=world.team.writer)
    ((outcome),) = intake.import_documents([(f"{latin('name')}.txt", "\n".join(lines).encode())], job)
    assert outcome.brief, outcome
    return Brief.objects.get(pk=outcome.brief)


def _briefs_in_review(world: World) -> None:
    team = world.team
    brief = world.create_draft(world.canary_content("in review", date="1884-01-02"))
    workflow.submit(brief, by=team.writer, version=brief.version)
    workflow.reviewing.add_note(brief, world.latin_token("in review/open note"), by=team.reviewer)
    world.add("in review", brief)

    world.add(
        "signed",
        world.sign_both_sides(
            world.create_draft(world.canary_content("signed", date="1883-01-02")), "signed"
        ),
    )

    brief = world.create_draft(world.canary_content("sent back", date="1882-01-02"))
    workflow.submit(brief, by=team.writer, version=brief.version)
    workflow.send_back(brief, by=team.reviewer, note=world.latin_token("sent back/note"))
    world.add("sent back", brief)


def _live_briefs(world: World) -> None:
    words = world.canary_content("live")
    world.add("live", world.create_approved(words, "live"), words.live_phase())

    first, second = world.canary_content("live twice/first"), world.canary_content("live twice/second")
    change, change_tokens = world.change_note("live twice")
    brief = world.approve_next_edition(
        world.create_approved(first, "live twice"), second, "live twice/second", change
    )
    world.add("live twice", brief, second.live_phase(extra=change_tokens, corrected=first))

    for n in range(6):  # so that lists need a second page
        words = world.canary_content(f"also live {n}")
        world.add(f"also live {n}", world.create_approved(words, f"also live {n}"), words.live_phase())


def _live_briefs_with_newer_version(world: World) -> None:
    """Live briefs that have a newer version on the desk."""
    team = world.team
    words = world.canary_content("live, newer draft")
    brief = world.create_approved(words, "live, newer draft")
    world.revise(brief, world.canary_content("newer draft", date="1881-01-02", template=words.content))
    world.add("live, newer draft", brief, words.live_phase())

    words = world.canary_content("live, newer in review")
    brief = world.create_approved(words, "live, newer in review")
    newer, (note, _) = world.canary_content("newer in review", date="1880-01-02"), world.change_note("newer")
    world.sign_both_sides(world.revise(brief, newer, note), "newer in review")
    world.add("live, newer in review", brief, words.live_phase())

    words = world.canary_content("live, revision discarded")
    brief = world.create_approved(words, "live, revision discarded")
    row = world.revise(brief, world.canary_content("discarded revision", date="1879-01-02"))
    workflow.discard(row, by=team.writer, version=row.version)
    world.add("live, revision discarded", brief, words.live_phase())


def _scheduled_briefs(world: World) -> None:
    team = world.team
    words, at = world.canary_content("scheduled"), world.next_future_time()
    world.add("scheduled", world.create_approved(words, "scheduled", at=at), HIDDEN, words.live_phase(at))

    words = world.canary_content("cancelled", date="1878-01-02")
    brief = world.create_approved(words, "cancelled", at=world.next_future_time())
    workflow.cancel(brief, by=team.publisher)
    world.add("cancelled", brief)

    words, earlier = world.canary_content("rescheduled"), world.next_future_time()
    brief = world.create_approved(words, "rescheduled", at=world.next_future_time())
    workflow.reschedule(brief, by=team.other_publisher, at=earlier)
    world.add("rescheduled", brief, HIDDEN, words.live_phase(earlier))

    for name, cancelled in (("live, scheduled", ""), ("live, scheduled then cancelled", "cancel")):
        first, second, at = (
            world.canary_content(name),
            world.canary_content(f"{name}/second"),
            world.next_future_time(),
        )
        change, change_tokens = world.change_note(name)
        brief = world.approve_next_edition(
            world.create_approved(first, name), second, f"{name}/second", change, at=at
        )
        if cancelled:
            workflow.cancel(brief, by=team.publisher)
        world.add(
            name,
            brief,
            first.live_phase(),
            *([] if cancelled else [second.live_phase(at, change_tokens, first)]),
        )

    first, second, at = (
        world.canary_content("scheduled, edited since"),
        world.canary_content("edited since", date="1877-01-02"),
        world.next_future_time(),
    )
    brief = world.create_approved(first, "scheduled, edited since", at=at)
    world.revise(brief, second)
    world.add("scheduled, edited since", brief, HIDDEN, first.live_phase(at))


def _withdrawn_and_removed_briefs(world: World) -> None:
    """Withdrawn and removed briefs, some with a newer draft or a scheduled edition."""
    team = world.team
    for name in ("withdrawn", "withdrawn, newer draft", "withdrawn, next scheduled"):
        words = world.canary_content(name)
        brief = world.create_approved(words, name)
        workflow.withdraw(brief, by=team.publisher, kind="rights")
        required = words.tokens_named("headline", "source_name")
        phases = [Phase(ALWAYS, 200, required, required | words.tokens_named(*WITHDRAWAL_NOTICE_FIELDS))]
        if "newer" in name:
            world.revise(brief, world.canary_content("newer draft of a withdrawn one", date="1876-01-02"))
        if "scheduled" in name:
            second, at, (change, note) = (
                world.canary_content(f"{name}/second"),
                world.next_future_time(),
                world.change_note(name),
            )
            world.approve_next_edition(brief, second, f"{name}/second", change, at=at)
            phases.append(second.live_phase(at, note))
        world.add(name, brief, *phases)

    for name in ("removed", "removed, next scheduled"):
        brief = world.create_approved(world.canary_content(name), name)
        workflow.remove(brief, by=team.publisher, reason=world.latin_token(f"{name}/reason"))
        phases = [Phase(ALWAYS, 410)]
        if "scheduled" in name:
            # Readers see this as the first edition: a removed edition is not mentioned.
            second, at, (change, note) = (
                world.canary_content(f"{name}/second"),
                world.next_future_time(),
                world.change_note(name),
            )
            world.approve_next_edition(brief, second, f"{name}/second", change, at=at)
            phases.append(replace(live := second.live_phase(at), allowed=live.allowed | note))
        world.add(name, brief, *phases)


def _reinstated_briefs(world: World) -> None:
    """Briefs that were withdrawn or removed and are public again."""
    team = world.team
    for name in ("reinstated after withdrawal", "reinstated after removal"):
        words = world.canary_content(name)
        brief = world.create_approved(words, name)
        if "withdrawal" in name:
            workflow.withdraw(brief, by=team.publisher, kind="rights")
        else:
            workflow.remove(brief, by=team.publisher, reason=world.latin_token(f"{name}/reason"))
        workflow.reinstate(brief, by=team.publisher)
        world.add(name, brief, words.live_phase())

    for verb in ("withdrawn", "removed"):
        name = f"second {verb}, third live"
        first, second, third = (world.canary_content(f"{name}/{n}") for n in (1, 2, 3))
        (second_change, second_change_tokens), (third_change, third_change_tokens) = (
            world.change_note(f"{name}/2"),
            world.change_note(f"{name}/3"),
        )
        brief = world.approve_next_edition(
            world.create_approved(first, name), second, f"{name}/2", second_change
        )
        if verb == "withdrawn":
            workflow.withdraw(brief, by=team.publisher, kind="rights")
        else:
            workflow.remove(brief, by=team.publisher, reason=world.latin_token(f"{name}/reason"))
        brief = world.approve_next_edition(brief, third, f"{name}/3", third_change)
        live = third.live_phase(extra=third_change_tokens)
        # A withdrawn edition was public, so the history may list it; a removed one must not appear.
        world.add(
            name,
            brief,
            replace(
                live, allowed=live.allowed | (second_change_tokens if verb == "withdrawn" else frozenset())
            ),
        )


def _briefs_with_terms(world: World) -> None:
    """Terms that occur in a live, a scheduled and a draft brief, and a merged term."""
    team, at = world.team, world.next_future_time()
    live, soon = world.canary_content("term live"), world.canary_content("term soon")
    draft = world.canary_content("term draft", date="1875-01-02")
    terms = {}
    for words, name in ((live, "live"), (soon, "soon"), (draft, "draft")):
        zh, also_en = words.tokens["bullet1_zh"], [words.tokens["bullet1_en"]]
        terms[name] = Term(zh=zh, en=world.latin_token(f"term/{name}"), also_en=also_en)
        factories.say_yes(
            workflow.vocabulary.save_vocabulary_row(terms[name], by=team.writer), by=team.publisher
        )
    loser = Term.make(
        zh=live.tokens["bullet2_zh"],
        en=world.latin_token("term/merged"),
        also_en=[world.latin_token("term/also")],
    )
    term_tokens = {name: frozenset((term.en.lower(),)) for name, term in terms.items()}
    world.add(
        "term live", world.create_approved(live, "term live"), live.live_phase(extra=term_tokens["live"])
    )
    world.add(
        "term soon",
        world.create_approved(soon, "term soon", at=at),
        HIDDEN,
        soon.live_phase(at, term_tokens["soon"]),
    )
    world.add("term draft", world.create_draft(draft))
    factories.merge_public_names([loser], into=Term.objects.get(en=terms["live"].en), team=team)


def _shared_vocabulary(world: World) -> None:
    """Vocabulary that no public brief uses, renamed and merged rows, and the site text."""
    team = world.team
    Author.make(name=world.latin_token("unused/author"), name_zh=world.han_token("unused/author_zh"))
    Source.make(name=world.latin_token("unused/source"), name_zh=world.han_token("unused/source_zh"))
    Keyword.make(label_en=world.latin_token("unused/keyword"), label_zh=world.han_token("unused/keyword_zh"))
    Term.make(
        en=world.latin_token("unused/term"),
        zh=world.han_token("unused/term_zh"),
        note=world.latin_token("unused/term note"),
    )

    words = world.canary_content("relabelled")
    brief = world.create_approved(words, "relabelled")
    keyword = Keyword.objects.get(pk=words.content.facts.keywords[0])
    keyword.label_en, keyword.label_zh = (
        world.latin_token("relabelled/new"),
        world.han_token("relabelled/new_zh"),
    )
    factories.change_public_name(keyword, team)
    new = frozenset((keyword.label_en.lower(), keyword.label_zh))
    old = words.tokens_named("keyword_label")
    slug = {words.tokens["keyword_label"]}  # a slug never changes, and it was made from the old label
    live = words.live_phase()
    world.add(
        "relabelled",
        brief,
        replace(live, required=live.required - old | new, allowed=live.allowed - old | new | slug),
    )

    keyword.label_en, keyword.label_zh = (
        world.latin_token("drafted/name"),
        world.han_token("drafted/name_zh"),
    )
    source = Source.objects.get(pk=words.content.facts.source)
    heir = Source.make(name=world.latin_token("drafted/heir"), name_zh=world.han_token("drafted/heir_zh"))
    term = Term(
        zh=words.tokens["bullet1_zh"],
        en=world.latin_token("drafted/term"),
        also_en=[words.tokens["bullet1_en"]],
    )
    key = f"keyword/{keyword.slug}"
    intro = world.han_token("drafted/intro_zh"), world.latin_token("drafted/intro")
    assert workflow.vocabulary.save_vocabulary_row(keyword, by=team.publisher)
    assert workflow.vocabulary.merge_vocabulary([source], into=heir, by=team.publisher)
    assert workflow.vocabulary.save_vocabulary_row(term, by=team.publisher)
    assert workflow.vocabulary.revise_site_text(key, *intro, by=team.publisher)

    words = world.canary_content("merged")
    brief = world.create_approved(words, "merged")
    loser = Source.objects.get(pk=words.content.facts.source)
    winner = Source.make(name=world.latin_token("merged/winner"), name_zh=world.han_token("merged/winner_zh"))
    Source.objects.filter(pk=loser.pk).update(merged_into=winner)
    move_in_lists(loser)
    names = frozenset((winner.name.lower(), winner.name_zh))
    old, live = words.tokens_named("source"), words.live_phase()
    world.add(
        "merged",
        brief,
        replace(live, required=live.required - old | names, allowed=live.allowed - old | names),
    )

    zh, en = world.han_token("about/zh"), world.latin_token("about/en")
    factories.write_public_text("about", f"{zh}關於", f"{en} about", team=team)
    world.always_allowed |= {zh, en.lower()}


def _issues(world: World) -> None:
    """Issues of every brief, readable or not: public, corrected, withdrawn, scheduled, and a draft."""
    briefs, by, now = [item.brief for item in world.sample_briefs], world.team.publisher, timezone.now()

    def write(label: str, *shown: str) -> tuple[IssueContent, frozenset[str]]:
        """Return texts with tokens, and the tokens of the fields that readers may see."""
        zh = {name: world.han_token(f"{label}/{name}_zh") for name in ISSUE_TEXTS}
        en = {name: world.latin_token(f"{label}/{name}_en") for name in ISSUE_TEXTS}
        content = IssueContent(IssueText(**zh), IssueText(**en), tuple(brief.pk for brief in briefs))
        return content, frozenset(token for name in shown for token in (zh[name], en[name].lower()))

    content, shown = write("issue", "title", "preface", "preheader")
    publish_issue(1, briefs, by=by, content=content)
    world.always_allowed |= shown

    content, _ = write("corrected issue")
    publish_issue(2, briefs, by=by, content=content, live_from=now - dt.timedelta(hours=2))
    content, shown = write("correction of an issue", "title", "preface", "preheader")
    notes, noted = world.change_note("correction of an issue")
    publish_issue(2, briefs, by=by, content=content, live_from=now - dt.timedelta(hours=1), **notes)
    world.always_allowed |= shown | noted

    content, shown = write("withdrawn issue", "title")
    publish_issue(3, briefs, by=by, content=content, withdrawn_at=now, withdrawn_kind="rights")
    world.always_allowed |= shown

    start = world.next_future_time()
    content, shown = write("scheduled issue", "title", "preface", "preheader")
    publish_issue(4, briefs, by=by, content=content, live_from=start)
    world.scheduled_tokens.append((start, shown))

    content, _ = write("draft issue")
    values = {"created_at": now, "updated_at": now, "updated_by": by}
    Issue.objects.create(number=5, content=content.to_json(), **values)


WORLD_BUILDERS = (
    _draft_briefs,
    _briefs_in_review,
    _live_briefs,
    _live_briefs_with_newer_version,
    _scheduled_briefs,
    _withdrawn_and_removed_briefs,
    _reinstated_briefs,
    _briefs_with_terms,
    _shared_vocabulary,
    _issues,
)
"""Called in this order."""
