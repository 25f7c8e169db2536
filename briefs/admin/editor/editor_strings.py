"""Strings for the pair editor's JavaScript modules, in the interface language."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EDITOR_STRINGS: Final[dict[str, Promise]] = {
    # Labels of rows
    "zh": _("Chinese"),
    "en": _("English"),
    "pair": _("Both languages"),
    "row": _("Bullet %(n)s"),
    "cell_zh": _("Chinese %(n)s"),
    "cell_en": _("English %(n)s"),
    "missing_zh": _("Chinese missing"),
    "missing_en": _("English missing"),
    "menu": _("Commands for bullet %(n)s"),
    "drag": _("Drag bullet %(n)s, or press for commands"),
    "alone": _("Only you are here"),
    "here": _("Also here: %(names)s"),
    "here_in": _("%(name)s is in %(place)s"),
    "twice": _(
        "You have this brief open in another window too. Both save, and each takes in what the other saves."
    ),
    "and": _(", "),
    "findings": _("%(n)s to check"),
    "clean": _("Nothing to check"),
    "dismiss": _("Dismiss"),
    # Commands
    "split": _("Split at cursor"),
    "split_both": _("Split both sides"),
    "merge": _("Merge with next"),
    "join": _("Join with next, pull the rest up"),
    "up": _("Move up"),
    "down": _("Move down"),
    "in": _("Indent"),
    "out": _("Outdent"),
    "number": _("Bullet or number"),
    "number_zh": _("Bullet or number, Chinese"),
    "number_en": _("Bullet or number, English"),
    "shift_up": _("Shift this side up by one"),
    "shift_down": _("Shift this side down by one"),
    "shift_up_side": _("Shift the %(side)s up by one"),
    "shift_down_side": _("Shift the %(side)s down by one"),
    "copy_zh": _("Copy structure from Chinese"),
    "copy_en": _("Copy structure from English"),
    "add": _("Add a pair below"),
    "passage": _("Source passage"),
    "remove": _("Delete"),
    "undo": _("Undo"),
    # Results of commands
    "did_split": _("Bullet %(n)s split"),
    "did_merge": _("Bullets %(n)s and %(m)s merged"),
    "did_join": _("%(side)s: %(n)s and %(m)s joined"),
    "did_remove": _("Bullet %(n)s deleted"),
    "did_move": _("Bullet %(n)s is now %(m)s"),
    "did_shift_up": _("%(side)s shifted up from bullet %(n)s"),
    "did_shift_down": _("%(side)s shifted down from bullet %(n)s"),
    "did_level": _("Bullet %(n)s: level %(m)s"),
    "did_add": _("New bullet %(n)s"),
    "did_paste": _("Pairs pasted: %(n)s"),
    "did_undo": _("Undone"),
    "did_redo": _("Done again"),
    "did_accept": _("Suggestion accepted"),
    "did_fix": _("Repaired"),
    "did_copy": _("Structure copied"),
    "no_gap": _("There is no empty place above. Join or split instead."),
    "no_next": _("There is no bullet below to take in."),
    "at_edge": _("It cannot go further that way."),
    "stale": _("The text has changed since; nothing was repaired."),
    # State of saving
    "saved": _("Saved %(time)s"),
    "unsaved": _("Not saved yet"),
    "saving": _("Saving…"),
    "kept": _("The network is down. You can keep writing; we will save when it returns."),
    "signin": _("You have been signed out. Your text is kept in this browser; sign in to save it."),
    "clash": _("Somebody else changed the same words"),
    "refused": _("Not saved: see what is said"),
    "untaken": _("Saved, but for what is marked"),
    "short_kept": _("Not sent"),
    "short_signin": _("Signed out"),
    "short_clash": _("Newer text"),
    "short_refused": _("Not saved"),
    "short_untaken": _("Partly saved"),
    "save": _("Save now"),
    "sign_in": _("Sign in"),
    "signed_in": _("Signed in; your text is saved."),
    "somebody_else": _(
        "%(name)s is signed in now. Your text is kept in this browser until you sign in again."
    ),
    "missing": _("%(n)s missing"),
    "see_clash": _("Compare"),
    "merged": _("What %(names)s changed has come in"),
    "left": _("Words from %(time)s were not saved."),
    "bring_back": _("Bring the words back"),
    "brought_back": _("The words are back"),
    "discard": _("Discard"),
    # Findings and suggestions
    "blocks": _("Needed before submission"),
    "dismiss_now": _("Dismiss with a reason"),
    "dismiss_reason": _("Reason"),
    "cancel": _("Cancel"),
    "dismissed": _("Dismissed: %(n)s"),
    "not_dismissed": _("The finding is as it was. Please try again once your text is saved."),
    "not_answered": _("Nothing was changed. Please try again once your text is saved."),
    "terms": _("Terms in this pair"),
    "memory": _("Translation memory"),
    "insert": _("Insert"),
    "insert_term": _("Insert “%(term)s”"),
    "alike": _("%(n)s alike"),
}
"""Strings by the names used in the modules. Placeholders are `%(name)s`."""


PRESENCE_STRINGS: Final = ("alone", "here", "here_in", "and")


def build_editor_strings() -> dict[str, str]:
    return {name: str(text) for name, text in EDITOR_STRINGS.items()}


def build_review_strings() -> dict[str, str]:
    """Return the strings that the page for review needs."""
    return {name: str(EDITOR_STRINGS[name]) for name in PRESENCE_STRINGS}
