"""What every row of the control database has."""

from django.db import models

from ringfence.kernel.ids import uuid7


class ControlModel(models.Model):
    """A row of the control database."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True
