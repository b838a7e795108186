"""The worker's application. A message carries ids and a signed job ticket, never content."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringfence.settings")
app = Celery("ringfence")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["annotation", "tenants"])
