"""The worker's application. A message carries ids and a signed job ticket, never content."""

import os
from importlib import import_module

import django
from celery import Celery, Task
from celery.signals import task_postrun, task_prerun, worker_init

from ringfence.kernel.errand import come_back, set_out

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringfence.settings")
app = Celery("ringfence")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["annotation", "tenants"])


@worker_init.connect  # type: ignore[untyped-decorator] # celery is not typed
def refuse_foreign_install(**kwargs: object) -> None:
    """Look before the first job. A signal swallows exceptions, so any failure here ends the process."""
    try:
        django.setup()
        import_module("tenants.gate.install").refuse_foreign_install()
    except Exception as refusal:
        raise SystemExit(str(refusal)) from refusal


@task_prerun.connect  # type: ignore[untyped-decorator] # celery is not typed
def set_out_on_job(task: Task, **kwargs: object) -> None:
    """Say on what errand the worker's thread is."""
    set_out(f"job {task.name}")


@task_postrun.connect  # type: ignore[untyped-decorator] # celery is not typed
def come_back_from_job(**kwargs: object) -> None:
    """End the errand."""
    come_back()


# Each message expires before the next one: after a pause of the workers nothing has piled up.
app.conf.beat_schedule = {
    "sweep leases": {"task": "annotation.sweep_leases", "schedule": 10.0, "options": {"expires": 10}},
    "pick up waiting": {"task": "annotation.pick_up_waiting", "schedule": 15.0, "options": {"expires": 15}},
    "queue webhook events": {
        "task": "tenants.queue_webhook_events",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "keep aggregates": {"task": "annotation.keep_aggregates", "schedule": 60.0, "options": {"expires": 60}},
    "count failed sign-ins": {
        "task": "tenants.write_failure_counts",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "enforce verdicts": {"task": "tenants.enforce_verdicts", "schedule": 3.0, "options": {"expires": 3}},
    "end support": {"task": "tenants.end_support", "schedule": 3.0, "options": {"expires": 3}},
    "carry out closings": {
        "task": "tenants.carry_out_closings",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "pick up registry imports": {
        "task": "tenants.pick_up_registry_imports",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "pick up isolation checks": {
        "task": "tenants.pick_up_isolation_checks",
        "schedule": 15.0,
        "options": {"expires": 15, "queue": "checker"},
    },
    "pick up bundles": {"task": "tenants.pick_up_bundles", "schedule": 15.0, "options": {"expires": 15}},
    "pick up exposure reports": {
        "task": "tenants.pick_up_exposure_reports",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
}
