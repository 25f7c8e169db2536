"""Check that both languages use the same bullet levels and markers."""

from itertools import groupby

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding, Repair
from briefs.content import Bullet, Content, Side


def check(content: Content, context: CheckContext) -> list[Finding]:
    """Report one finding per brief, at the first bullet that differs. The caller offers to copy either side."""
    both = (bullet for bullet in content.bullets if bullet.text_zh and bullet.text_en)
    first = next((bullet for bullet in both if _shape(bullet, "zh") != _shape(bullet, "en")), None)
    if first is None:
        return []
    values: dict[str, str | int] = {"zh": _describe_runs(content, "zh"), "en": _describe_runs(content, "en")}
    return [
        Finding("structure.differs", "bullet", first.number, values=values, repair=Repair("structure.copy"))
    ]


def _shape(bullet: Bullet, side: Side) -> tuple[int, str]:
    return bullet.level(side), bullet.marker(side)


def _describe_runs(content: Content, side: Side) -> str:
    """Return the lengths of the runs of bullets with one level and marker: "5 + 3"."""
    shapes = (_shape(bullet, side) for bullet in content.bullets if bullet.text(side))
    return " + ".join(str(len(list(run))) for _, run in groupby(shapes))
