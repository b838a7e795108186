"""All settings, read once from the environment. A missing secret stops the start."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured

MODES = ("demo", "test", "production")


def _env(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"Set {name}. `make demo` sets it; platform/docs/runbooks/settings.md explains it."
        )
    return value


def _seconds(text: str, *, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal()) or not least <= int(text) <= most:
        raise ImproperlyConfigured(f"{text!r} is no number of seconds from {least} to {most}")
    return int(text)


def _database(url: str) -> dict[str, Any]:
    """Return Django's settings for `postgresql://role:password@/name?host=…`.

    Server-side binding keeps literals out of `pg_stat_activity`; prepared statements are planned once.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    options: dict[str, Any] = {"server_side_binding": True, "prepare_threshold": 1, "connect_timeout": 5}
    if "options" in query:
        options["options"] = query["options"]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": query.get("port") or str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
        "TEST": {"MIRROR": None},
    }


MODE = _env("RINGFENCE_MODE", "production")
if MODE not in MODES:
    raise ImproperlyConfigured(f"RINGFENCE_MODE is {MODE!r}; it is one of {', '.join(MODES)}")

DEBUG = False
SECRET_KEY = _env("RINGFENCE_SECRET_KEY")
VAR = Path(_env("RINGFENCE_VAR", "var")).absolute()
BASE_URL = _env("RINGFENCE_BASE_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", urlsplit(BASE_URL).hostname or ""]
CSRF_TRUSTED_ORIGINS = [BASE_URL]

DATABASES = {"default": _database(_env("RINGFENCE_CELL_URL"))}
if "RINGFENCE_CONTROL_URL" in os.environ:
    DATABASES["control"] = _database(os.environ["RINGFENCE_CONTROL_URL"])
if "RINGFENCE_SHADOW_URL" in os.environ:
    DATABASES["shadow"] = _database(os.environ["RINGFENCE_SHADOW_URL"])
DATABASE_ROUTERS = ["ringfence.kernel.database.CellAndControl"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Keys and processes
CONTEXT_KEY_FILE = os.environ.get("RINGFENCE_CONTEXT_KEY_FILE")
SHADOW_KEY_FILE = os.environ.get("RINGFENCE_SHADOW_KEY_FILE")
KEY_SERVICE = _env("RINGFENCE_KEY_SERVICE", "local")
LOCAL_KEYS = os.environ.get("RINGFENCE_LOCAL_KEYS")
# Where this machine's processes note why they unwrapped a key.
UNWRAP_NOTES = Path(_env("RINGFENCE_UNWRAP_NOTES", str(VAR / "unwraps"))).absolute()
SIGNER_DIR = os.environ.get("RINGFENCE_SIGNER_DIR")
# The bucket that forgets nothing; the command `anchor` and recovery alone reach it.
ANCHOR_BUCKET = _env("RINGFENCE_ANCHOR_BUCKET", "")
ANCHOR_ENDPOINT = _env("RINGFENCE_ANCHOR_ENDPOINT", "")
ANCHOR_REGION = _env("RINGFENCE_ANCHOR_REGION", "us-east-1")
ANCHOR_DAYS = _env("RINGFENCE_ANCHOR_DAYS", "")
ANCHOR_KEYS = _env("RINGFENCE_ANCHOR_KEYS", "")
ANCHOR_READ_KEYS = _env("RINGFENCE_ANCHOR_READ_KEYS", "")
# Who says since when a checkpoint exists, and the roots that its word must lead to.
TSA_URL = _env("RINGFENCE_TSA_URL", "")
TSA_ROOTS = _env("RINGFENCE_TSA_ROOTS", "")
WITNESS_POLICY = os.environ.get("RINGFENCE_WITNESS_POLICY")
META_LOG_SECONDS = _seconds(_env("RINGFENCE_META_LOG_SECONDS", "1"), least=1, most=3_600)
WITNESS_HEARTBEAT_SECONDS = _seconds(_env("RINGFENCE_WITNESS_HEARTBEAT", "3600"), least=1, most=86_400)
CLOSING_WAIT_SECONDS = _seconds(
    _env("RINGFENCE_CLOSING_WAIT", "604800"), least=86_400 if MODE == "production" else 1, most=31_536_000
)
LOG_ORIGIN_PREFIX = _env("RINGFENCE_LOG_ORIGIN", "audit.ringfence.example")
if MODE == "production" and KEY_SERVICE == "local":
    raise ImproperlyConfigured(
        "The local key service keeps keys beside the data and is for demo and test only."
        " Set RINGFENCE_KEY_SERVICE to the customer's key service."
    )

# A demo or a test may send to its own machine, by plain http too. Names are judged there as everywhere.
EGRESS_LOOPBACK = os.environ.get("RINGFENCE_EGRESS_LOOPBACK") == "1"
if MODE == "production" and EGRESS_LOOPBACK:
    raise ImproperlyConfigured(
        "RINGFENCE_EGRESS_LOOPBACK lets webhooks reach this machine and is for demo and test only. Unset it."
    )

BROKER_URL = os.environ.get("BROKER_URL", "")
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["RINGFENCE_CACHE_URL"],
        # A cache that hangs must not hang whoever asks it.
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 1},
    }
    if "RINGFENCE_CACHE_URL" in os.environ
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "guardian",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "ringfence.kernel",
    "ringfence.web",
    "audit",
    "tenants.people",
    "tenants",
    "annotation",
    "ringfence.demo",
]

MIDDLEWARE = [
    "ringfence.web.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "tenants.middleware.Gate",
]

ROOT_URLCONF = "ringfence.urls"
WSGI_APPLICATION = "ringfence.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "tenants.pages.shell.shell",
            ]
        },
    }
]

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_USE_FINDERS = True
# What Vite builds carries a hash of its content in its name, so browsers may keep it for good.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/ui/assets/.+-[A-Za-z0-9_-]{8}\.(js|css)$"

AUTH_USER_MODEL = "tenants.Member"
AUTHENTICATION_BACKENDS = ["guardian.backends.ObjectPermissionBackend"]
ANONYMOUS_USER_NAME = None
GUARDIAN_AUTO_PREFETCH = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Lockout counters live in the cache under hashed names; no address or e-mail stands in a table.
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = ["username"]
# Its default is the user model's id field, under which axes counts nothing and says so at WARNING only.
AXES_USERNAME_FORM_FIELD = "username"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
# Our sign-in calls axes itself, so neither its middleware nor its back end stands in the way (W002, W003);
# and an attacker with many addresses must not get eight tries from each of them (W006).
SILENCED_SYSTEM_CHECKS = ["axes.W002", "axes.W003", "axes.W006"]
AXES_ENABLE_ACCESS_FAILURE_LOG = False

SECURE_SSL = BASE_URL.startswith("https:")
CSRF_FAILURE_VIEW = "tenants.pages.refusals.no_form_token"
CSRF_COOKIE_SECURE = SECURE_SSL
CSRF_COOKIE_HTTPONLY = False
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
if SECURE_SSL:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LANGUAGE_CODE = "en"
# Those that there are words for. Django otherwise looks through a hundred of them in every request.
LANGUAGES = [
    (code, str(LANG_INFO[code].get("name_local", code)))
    for code in _env("RINGFENCE_LANGUAGES", "en").replace(" ", "").split(",")
]
LOCALE_PATHS = [os.environ["RINGFENCE_TRANSLATIONS"]] if "RINGFENCE_TRANSLATIONS" in os.environ else []
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# An upload never touches the disk in clear: whoever takes files installs a sealing handler.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if "RINGFENCE_SMTP_HOST" in os.environ
    else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = str(VAR / "mail")
EMAIL_HOST = os.environ.get("RINGFENCE_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("RINGFENCE_SMTP_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("RINGFENCE_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("RINGFENCE_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("RINGFENCE_SMTP_TLS", "1") == "1"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = _env("RINGFENCE_MAIL_FROM", "no-reply@ringfence.example")

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "ringfence.web.errors.answer_api_error",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Ringfence API",
    "VERSION": "1",
    "DESCRIPTION": "One tenant a path. Every delivery of content is in the tenant's log before its first byte leaves.",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    # Two sets of values under one field name would be named by a hash.
    "ENUM_NAME_OVERRIDES": {
        "ProjectState": "annotation.api.bodies.PROJECT_STATES",
        "ProjectRight": "annotation.api.bodies.PROJECT_RIGHTS",
        "Term": "annotation.api.owed_bodies.TERMS",
        "CommentKind": "annotation.api.owed_bodies.COMMENT_KINDS",
        "LabelersCommentKind": "annotation.api.owed_bodies.COMMENTS_OF_LABELERS",
    },
}

# Where ways out are looked for: each says by which registered door something leaves.
OWN_PACKAGES = ("ringfence", "audit", "tenants", "annotation")

# Tables that hold rows of no tenant, each with its reason. The isolation check reads this list.
SHARED_MODELS = {
    "contenttypes.ContentType": "names of our own models; no row of a tenant",
    "auth.Permission": "names of permissions; no row of a tenant",
    "auth.Group": "unused, all rights revoked; Django's auth app brings it",
    "auth.Group_permissions": "unused, all rights revoked; Django's auth app brings it",
    "guardian.UserObjectPermission": "no table: generic rows carry no tenant; ours are direct rows with one",
    "guardian.GroupObjectPermission": "no table: generic rows carry no tenant; ours are direct rows with one",
    "axes.AccessAttempt": "no table: lockout counters live in the cache",
    "axes.AccessAttemptExpiration": "no table: lockout counters live in the cache",
    "axes.AccessFailureLog": "no table: lockout counters live in the cache",
    "axes.AccessLog": "no table: lockout counters live in the cache",
    "people.RealmKey": "control database, reached through the gate only",
    "people.Person": "control database, reached through the gate only",
    "people.RecoveryCode": "control database, reached through the gate only",
    "people.Session": "control database, reached through the gate only",
    "people.Invitation": "control database, reached through the gate only",
    "people.PasswordReset": "control database, reached through the gate only",
    "people.ApiToken": "control database, reached through the gate only",
    "people.Tenant": "control database, reached through the gate only",
    "people.Closing": "control database, reached through the gate only",
    "people.Membership": "control database, reached through the gate only",
    "people.GraphVersion": "control database, reached through the gate only",
    "people.PartyVersion": "control database, reached through the gate only",
    "people.Statement": "control database, reached through the gate only",
    "people.RegistryImport": "control database, reached through the gate only",
    "people.RegistryImportPart": "control database, reached through the gate only",
    "people.Declaration": "control database, reached through the gate only",
    "people.AdminKey": "control database, reached through the gate only",
    "people.PolicyVersion": "control database, reached through the gate only",
    "people.Publication": "control database, reached through the gate only",
    "people.PolicySignature": "control database, reached through the gate only",
    "people.KeyRecovery": "control database, reached through the gate only",
    "people.KeyRecoveryApproval": "control database, reached through the gate only",
    "people.TaintSet": "control database, reached through the gate only",
    "people.MitigationPlan": "control database, reached through the gate only",
    "people.PlanSignature": "control database, reached through the gate only",
    "people.Commitment": "control database, reached through the gate only",
    "people.PersonView": "control database, reached through the gate only",
}
# Routes of libraries that carry no `requires`, each with its reason.
OUTSIDE_ROUTES: dict[str, str] = {}

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "tenant"
CELERY_TASK_ROUTES = {
    "tenants.run_isolation_check": {"queue": "checker"},
    "tenants.pick_up_isolation_checks": {"queue": "checker"},
}
CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    # Whoever sends a job to a dead broker hears so at once; the job waits in the database.
    "max_retries": 1,
    "interval_start": 0,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TASK_SEND_SENT_EVENT = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "ringfence.web.logs.QuietFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "filters": {"crashes": {"()": "ringfence.web.logs.CrashesAlone"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "ringfence": {"level": "INFO"},
        # Both write down addresses and hosts, into which people type anything.
        "django.request": {"filters": ["crashes"]},
        "django.security": {"level": "CRITICAL"},
    },
}
