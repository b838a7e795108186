"""The worker's application. A message carries ids and a signed job ticket, never content."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringfence.settings")
app = Celery("ringfence")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["annotation", "tenants"])

# Each message expires before the next one: after a pause of the workers nothing has piled up.
app.conf.beat_schedule = {
    "sweep leases": {"task": "annotation.sweep_leases", "schedule": 10.0, "options": {"expires": 10}},
    "pick up waiting": {"task": "annotation.pick_up_waiting", "schedule": 15.0, "options": {"expires": 15}},
    "count failed sign-ins": {
        "task": "tenants.write_failure_counts",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "pick up isolation checks": {
        "task": "tenants.pick_up_isolation_checks",
        "schedule": 15.0,
        "options": {"expires": 15, "queue": "checker"},
    },
}
