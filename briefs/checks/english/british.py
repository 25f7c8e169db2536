"""British spellings with their American forms (E1), built from the stems in `style_words.txt`."""

from briefs.checks.english.style_words import read_words

_OUR_ENDINGS = "s ed ing ings er ers ful fully less able ably ite ites itism al ally ist ists hood hoods ly y"
_ISE_ENDINGS = "e es ed er ers ing ation ations ational able"
_PREFIXES = ("", "re", "de", "dis", "un", "over", "mis", "non", "pre")
# American English also has these, as plural nouns.
_ALSO_AMERICAN = {"analyses", "paralyses"}


def _build_spellings() -> dict[str, str]:
    pairs = dict(pair.split() for pair in " ".join(read_words("others")).split(", "))
    for stem in read_words("our"):
        for ending in ("", *_OUR_ENDINGS.split()):
            pairs[stem + ending] = f"{stem.removesuffix('our')}or{ending}"
    for stem in read_words("ise"):
        for prefix in _PREFIXES:
            for ending in _ISE_ENDINGS.split():
                pairs[f"{prefix}{stem}is{ending}"] = f"{prefix}{stem}iz{ending}"
    for stem in read_words("doubled"):
        for ending in ("ed", "ing", "er", "ers", "ings"):
            pairs[f"{stem}l{ending}"] = stem + ending
    return {british: american for british, american in pairs.items() if british not in _ALSO_AMERICAN}


BRITISH_TO_AMERICAN = _build_spellings()
"""Keys and values in lower case."""
