"""Who changed a part, as a table of histories."""

import pytest

from briefs.workflow.rules.four_eyes import ChangeTrail, Step, build_trail

# A step is `PEOPLE:value`, where the first letter is the editor; `p:value` (small) is a repair by P.
# `!` approves the newest step, `!?` urgently without a confirmation, `P:<2` discards back to step 2.
# Expected: who changed the part since the last reviewed approval, the last editor of all, and the steps whose
# value the part has had ever since, so that signatures given at them stand.
HISTORIES = [
    ("W:1", "W", "W", "1"),
    ("W:1 W:2", "W", "W", "2"),
    ("W:1 P:2", "PW", "P", "2"),
    # what the same person changes back leaves no trace
    ("W:1 P:2 P:1", "W", "W", "13"),
    ("W:1 P:2 P:3 P:2 P:1", "W", "W", "15"),
    ("W:1 P:2 P:3 P:2", "PW", "P", "24"),
    ("W:1 W:", "", "", "2"),
    ("W:1 P:2 V:3 V:2 P:1", "W", "W", "15"),
    ("W:1 ! P:2 P:1", "", "W", "13"),
    # somebody else's change in between
    ("W:1 P:2 V:3 P:1", "PVW", "P", "4"),
    ("W:1 P:2 W:1", "PW", "W", "3"),
    ("W:1 P:2 PV:3 P:1", "PVW", "P", "4"),
    # an edition in between
    ("W:1 ! P:2 ! P:1", "PW", "P", "3"),
    ("W:1 P:2 !? P:1", "PW", "P", "3"),
    ("W:1 P:2 ! V:3 V:2", "", "P", "24"),
    # whoever returns to an earlier text stands beside those who made it
    ("W:1 V:2 ! P:3 ! W:2", "VW", "W", "4"),
    ("W:1 V:2 ! P:3 ! V:1", "VW", "V", "4"),
    ("W:1 ! V:2 P:1", "PVW", "P", "3"),
    # who uploaded it or worded the suggestion counts too, and takes it back alone
    ("WP:1", "PW", "W", "1"),
    ("W:1 VP:2 V:1", "PVW", "V", "3"),
    # a repair is nobody's change, and the repaired text is a new one
    ("W:1 p:2", "W", "W", "2"),
    ("W:1 P:2 r:3 P:1", "W", "W", "14"),
    ("W:1 p:2 P:1", "W", "W", "13"),
    ("W:1 r:2 P:1", "PW", "P", "3"),
    ("W:1 P:2 p:1", "W", "W", "13"),
    ("W:1 P:2 r:1", "PW", "P", "3"),
    # a discard brings back the approved text with its signatures
    ("W:1 ! P:2 V:3 X:<1", "", "W", "14"),
    ("W:1 ! P:2 !? V:3 X:<2", "P", "P", "24"),
]  # fmt: skip


def play(history: str) -> tuple[ChangeTrail, int]:
    steps: list[Step] = []
    editions, reviewed = set[int](), set[int]()
    for move in history.split():
        if move.startswith("!"):
            editions.add(len(steps))
            reviewed |= {len(steps)} - ({len(steps)} if move == "!?" else set())
            continue
        people, value = move.split(":")
        by = ord(people[0].upper())
        counted = [ord(letter) for letter in people if letter.isupper()]
        returned_to = int(value[1:]) if value.startswith("<") else None
        value = str(steps[returned_to - 1].value) if returned_to else value
        steps.append(Step(len(steps) + 1, value, by, counted, returned_to))
    return build_trail("", steps, editions=editions, reviewed=reviewed), max(reviewed, default=0)


@pytest.mark.parametrize(
    ("history", "changers", "editor", "standing"), HISTORIES, ids=[h[0] for h in HISTORIES]
)
def test_trail_names_changers_editor_and_standing_steps(
    history: str, changers: str, editor: str, standing: str
) -> None:
    trail, since = play(history)
    assert "".join(sorted(map(chr, trail.find_people_since(since)))) == changers
    edited = [chr(change.by) for change in trail.changes if change.people and change.by]
    assert (edited[-1] if edited else "") == editor
    assert "".join(str(n) for n in trail.change_by_revision if trail.is_unchanged_since(n)) == standing
