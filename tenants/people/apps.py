"""People and their memberships as a Django app of their own, since they live in another database."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Everything in the control database; only `tenants.gate` reads or writes it."""

    name = "tenants.people"
    label = "people"
