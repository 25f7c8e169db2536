"""Which verb has a page of its own, and which form it is."""

from typing import Final

from . import publishing_forms as publishing
from . import verb_forms as forms

FORMS: Final[dict[str, type[forms.VerbForm]]] = {
    "send_back": forms.SendBack,
    "approve": publishing.Approve,
    "publish_urgently": publishing.PublishUrgently,
    "confirm": forms.Confirm,
    "reschedule": publishing.Reschedule,
    "withdraw": forms.Withdraw,
    "remove": forms.Remove,
    "cancel": forms.Cancel,
    "reinstate": forms.Reinstate,
    "source_withdrew": forms.SourceWithdrew,
    "discard": forms.Discard,
}
