"""Map each verb that has its own page to its form."""

from typing import Final

from . import publishing_forms as publishing
from . import verb_forms as forms

VERB_FORMS: Final[dict[str, type[forms.VerbForm]]] = {
    "send_back": forms.SendBackForm,
    "approve": publishing.ApproveForm,
    "publish_urgently": publishing.PublishUrgentlyForm,
    "confirm": forms.ConfirmForm,
    "reschedule": publishing.RescheduleForm,
    "withdraw": forms.WithdrawForm,
    "remove": forms.RemoveForm,
    "cancel": forms.CancelForm,
    "reinstate": forms.ReinstateForm,
    "source_withdrew": forms.SourceWithdrewForm,
    "discard": forms.DiscardForm,
}
