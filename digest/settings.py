"""Settings from environment variables. `SITE_URL` decides how strict they are. See docs/operators.md."""

import os
from pathlib import Path

from django.utils.csp import CSP

from digest.error_reports import start_reports
from digest.logs import build_config

from . import environment, setting_parsers

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = BASE_DIR / "var"

environment.load()
os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # read when NumPy is loaded: each request has a thread of its own
VERSION = environment.read_version(BASE_DIR)
_site = environment.read_site()
SITE_URL, _host, _https = _site
DEBUG = environment.DEBUG.read()
SECRET_KEY = environment.secret_key(VAR / "secret_key", is_public=_https)
SECRET_KEY_FALLBACKS = environment.SECRET_KEY_FALLBACKS.read()
ALLOWED_HOSTS = environment.allowed_hosts(_site)
if _https and DEBUG:
    environment.DEBUG.stop("an https site must not run with DEBUG=1.")

DIGEST_FOUR_EYES = environment.FOUR_EYES.read()
DIGEST_LICENCE = environment.LICENCE.read()
DIGEST_PROXIES = environment.PROXIES.read(default="1" if _https else "0")
DIGEST_SITE_NAME = {"zh": environment.SITE_NAME_ZH.read(), "en": environment.SITE_NAME_EN.read()}

INSTALLED_APPS = [
    "briefs.apps.Desk",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "import_export",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "briefs",
]

MIDDLEWARE = [
    "digest.observation.note_route",
    "digest.middleware.permissions_policy",
    "digest.middleware.DeskMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "digest.body_limits.limit_body",
    "django.contrib.messages.middleware.MessageMiddleware",
    "digest.middleware.DeskLanguageMiddleware",
    "digest.failure_pages.keep_typed_fields",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "digest.urls"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

WEB_CONCURRENCY = environment.WEB_CONCURRENCY.read()
DATABASES = environment.databases(VAR)
_cache = environment.CACHE_URL.read()
CACHES = {"default": _cache, "pages": setting_parsers.page_cache(_cache)}
MAILERS = {"default": environment.EMAIL_URL.read()}
DEFAULT_FROM_EMAIL = environment.EMAIL_FROM.read(default=f"digest@{_host}")
DEPARTURES_FILE = environment.DEPARTURES_FILE.read(default=str(VAR / "departures.txt"))
BOUNCE_ADDRESS = environment.BOUNCE_ADDRESS.read(default="")
STORAGES = {
    "default": environment.MEDIA_STORAGE.read(default=f"file://{VAR / 'media'}"),
    "staticfiles": {
        "BACKEND": "digest.static.HashedStaticFilesStorage"
        if _https
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

AUTH_USER_MODEL = "briefs.Person"
PASSWORD_HASHERS = ["briefs.operations.accounts.throttle.LowPriorityHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
SIGN_IN_PATHS = ("/admin/account/login/",)  # where the form with a password is sent
DIGEST_REQUIRE_MFA = environment.REQUIRE_MFA.read(default="1" if _https else "0")

# django-allauth: sign-in by user name, second factors, sessions. Nobody signs up.
ACCOUNT_ADAPTER = "briefs.admin.account.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_RATE_LIMITS = False  # briefs.operations.accounts.throttle limits; django-allauth's needs a cache and locks the owner out
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_FORMS = {
    "login": "briefs.admin.account.account_forms.SignInForm",
    "reauthenticate": "briefs.admin.account.account_forms.ReauthenticationForm",
    "reset_password": "briefs.admin.account.account_forms.PasswordResetForm",
}
MFA_ADAPTER = "briefs.admin.account.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _https  # browsers allow passkeys on http://localhost
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_TOLERANCE = 1  # clocks differ by up to 30 s
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RATE_LIMITS = False
MFA_FORMS = {
    "authenticate": "briefs.admin.account.account_forms.CodeForm",
    "reauthenticate": "briefs.admin.account.account_forms.CodeReauthenticationForm",
    "activate_totp": "briefs.admin.account.account_forms.AppActivationForm",
    "add_webauthn": "briefs.admin.account.account_forms.PasskeyForm",
}

LANGUAGE_CODE = "zh-hant"
LANGUAGES = [("zh-hant", "繁體中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "briefs" / "locale"]
TIME_ZONE = environment.TIME_ZONE.read()

STATIC_URL = "/static/"
DICTIONARY_FILE = VAR / "dictionary"
PDF_FOLDER = VAR / "pdf"  # of issues: made once, deleted at will
STATIC_ROOT = VAR / "static"
WHITENOISE_USE_FINDERS = not _https  # a local site serves static files without collectstatic
if not _https:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_AUTOREFRESH = False

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 7
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "digest.failure_pages.csrf_failure"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if _https:
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SILENCED_SYSTEM_CHECKS = [
        "security.W005",
        "security.W021",
    ]  # HSTS of other hosts is their operators' choice
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-desk"
    CSRF_COOKIE_NAME = "__Host-csrf"

# A saved brief may have hundreds of bullets; a document is at most 5 MB.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 6_000_000
DATA_UPLOAD_MAX_NUMBER_FILES = 400  # the upload page accepts 200 and reports the excess

LOG_FORMAT = environment.LOG_FORMAT.read()
LOGGING = build_config(LOG_FORMAT)
PING_URL = environment.PING_URL.read()
if _dsn := environment.SENTRY_DSN.read():
    start_reports(_dsn, VERSION, _host)
