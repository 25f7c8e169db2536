"""Staff accounts. Begin in `throttle` (limits of password guesses); `second_factor`, `sessions`, and
`account_actions` (acts of administrators, logged and mailed).
"""

from .account_actions import SignInSetup, reset_second_factors, second_factor_exists
from .account_mail import (
    ACCOUNT_CHANGED,
    ACCOUNT_KINDS,
    GUESSING,
    INVITATION,
    build_password_link,
    build_reset_address,
    queue_account_notice,
    queue_invitation,
    queue_password_reset,
)
from .second_factor import (
    accept_code_once,
    find_missing_keys,
    has_factors,
    has_second_factor,
    make_fingerprint,
    use_code,
)
from .sessions import end_sessions, remember_browser

__all__ = [
    "ACCOUNT_CHANGED",
    "ACCOUNT_KINDS",
    "GUESSING",
    "INVITATION",
    "SignInSetup",
    "accept_code_once",
    "account_actions",
    "build_password_link",
    "build_reset_address",
    "end_sessions",
    "find_missing_keys",
    "has_factors",
    "has_second_factor",
    "make_fingerprint",
    "queue_account_notice",
    "queue_invitation",
    "queue_password_reset",
    "remember_browser",
    "reset_second_factors",
    "second_factor",
    "second_factor_exists",
    "sessions",
    "sign_in_log",
    "throttle",
    "use_code",
]
