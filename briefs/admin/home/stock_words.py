"""Strings of Django's admin that our pages show, listed so that our catalogue translates them in our words.

A catalogue of an app wins over Django's own. Nothing reads the tuple: the strings only have to be collected.
"""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

STOCK_WORDS: Final = (
    _("Action:"),
    _("0 of %(cnt)s selected"),
    ngettext_lazy("%(total_count)s selected", "All %(total_count)s selected", "total_count"),
    _("Select all %(total_count)s %(module_name)s"),
    _("Select all objects on this page for an action"),
    _("Clear selection"),
    _("Filter"),
    _(" By %(filter_title)s "),
    _("Show counts"),
    _("Hide counts"),
    _("Remove from sorting"),
    _("Toggle sorting"),
    _("History"),
    _("View"),
    _("Add link"),
    _("Change or view list link"),
    _("Model name"),
    _("Save and add another"),
    _("Save and continue editing"),
    _("hash"),
    _("iterations"),
    _("salt"),
    _("Skip to main content"),
    _("Raw passwords are not stored, so there is no way to see the user’s password."),
    _("Designates that this user has all permissions without explicitly assigning them."),
    _("Designates whether the user can log into this admin site."),
    _(
        "Designates whether this user should be treated as active. Unselect this instead of deleting accounts."
    ),
    _(
        "Please enter your old password, for security’s sake, and then enter your new password twice so we can verify you typed it in correctly."
    ),
    _("Your password can’t be too similar to your other personal information."),
    _("Your password can’t be a commonly used password."),
    _("Your password can’t be entirely numeric."),
    _("This object doesn’t have a change history. It probably wasn’t added via this admin site."),
)
