"""Find pairs whose two sides do not seem to say the same, and bullets that only continue an adjacent bullet."""

from briefs.checks.finding import CheckContext, Edit, Finding, Repair
from briefs.checks.texts import check, gettext_noop
from briefs.content import SIDES, Content
from briefs.lexicon.pair_scores import DOUBTFUL_CONFIDENCE, JOIN_COST, PairScores, has_too_many_words

_FEWEST_PAIRS = 3
"""In a shorter list there are too few other texts to compare with."""


@check(
    messages={
        "doubtful": gettext_noop("This pair may not say the same."),
        "swap": gettext_noop("This pair may not say the same. The English of bullet %(n)s fits better."),
        "joined": gettext_noop(
            "This bullet and %(n)s say together what one text says. Join or split (Esc M, Enter)."
        ),
    },
)
def check_pairing(content: Content, context: CheckContext) -> list[Finding]:
    places = [(n, b) for n, b in enumerate(content.bullets) if b.text_zh and b.text_en]
    zh, en = ([bullet.text(side) for bullet in content.bullets] for side in SIDES)
    if len(places) < _FEWEST_PAIRS or has_too_many_words(zh, en):
        return []
    scores = PairScores(
        zh,
        en,
        terms=[(term.zh, term.en) for term in context.terms],
    )
    if not scores.has_words:
        return []
    doubtful = [n for n, _ in places if scores.compute_confidence(scores.score(n, n)) < DOUBTFUL_CONFIDENCE]
    partners = {n: scores.find_better_partner(n, n) for n in doubtful}
    return [
        _build_doubtful_finding(content, n, partner)
        for n, partner in partners.items()
        if partner is None
        or partner > n
        or partners.get(partner) != n  # offer a swap once, not from both pairs
    ] + _find_joined(content, scores)


def _build_doubtful_finding(content: Content, n: int, partner: int | None) -> Finding:
    bullet = content.bullets[n]
    if partner is None:
        return Finding("pairing.doubtful", "bullet", bullet.number)
    other = content.bullets[partner]
    swap = Repair(
        "pairing.swap",
        edits=tuple(
            Edit(row.number, "bullet", "en", 0, len(row.text_en), row.text_en, text)
            for row, text in ((bullet, other.text_en), (other, bullet.text_en))
        ),
    )
    return Finding("pairing.swap", "bullet", bullet.number, values={"n": partner + 1}, repair=swap)


def _find_joined(content: Content, scores: PairScores) -> list[Finding]:
    """Report a one-sided bullet that, joined with the bullet above or below, fits its other side better."""
    findings = []
    for n, bullet in enumerate(content.bullets):
        if bool(bullet.text_zh) == bool(bullet.text_en):
            continue
        for other in (n - 1, n + 1):
            if not 0 <= other < len(content.bullets):
                continue
            pair = content.bullets[other]
            if not (pair.text_zh and pair.text_en):
                continue
            both, one = sorted((n, other)), [other]
            joined = scores.score_joined(both, one) if bullet.text_zh else scores.score_joined(one, both)
            if joined is not None and joined - JOIN_COST > scores.score(other, other):
                findings.append(Finding("pairing.joined", "bullet", bullet.number, values={"n": other + 1}))
                break
    return findings
