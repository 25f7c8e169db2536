"""Built-in pairs of names whose two languages share no letters, to avoid false findings (N3, N5).

ZTE is not included: the glossary has it or the editor is asked. AI is the one acronym that Chinese texts use
unchanged, and it also matches 人工智慧.
"""

from briefs.checks.context import TermData
from briefs.lexicon.concepts import CHECKED_NAMES

BUILT_IN_TERMS = tuple(
    TermData(also_zh=tuple(chinese), also_en=tuple(english)) for chinese, english in CHECKED_NAMES
)

# Letters of a series, and the Chinese characters written before the number. A character that is also an
# ordinary word (載運20名) counts only with a hyphen.
_DESIGNATIONS = """
J=殲-? H=轟-? Y=運- Z=直- DF=東風-? JL=巨浪-? HQ=紅旗-? YJ=鷹擊-? PL=霹靂-?
WZ=無偵-? GJ=攻擊- CJ=長劍-? Su=蘇(?:愷|霍伊)?- Tu=圖- MiG=米格-? HF=雄風- CZ=長征-
"""
DESIGNATION_PATTERNS = dict(pair.split("=") for pair in _DESIGNATIONS.split())
