"""`manage.py isolation_shadow`: plants violations in the shadow and prints one JSON line for each answer.

Started by the checker, with the shadow in the cell's place. It refuses to run anywhere else.
"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.isolation.places import CannotRun, shadow_target
from tenants.isolation.probe import all_probes, chosen, wall_named
from tenants.isolation.rehearse import rehearse_all, show_break
from tenants.services.create_canaries import furnish_shadow


class Command(BaseCommand):
    """Rehearse probes, or show one wall being taken down."""

    help = "Plant violations in the shadow. For the checker's use; `isolation_check` and `sabotage` start it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the probes, or the wall."""
        parser.add_argument("--only", action="append", default=[])
        parser.add_argument("--wall", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what happens. Raises CommandError outside the shadow."""
        try:
            target = shadow_target()
        except CannotRun as problem:
            raise CommandError(str(problem)) from problem
        furnish_shadow()
        with target.rehearsal(seeded=True):
            if options["wall"]:
                probe, plant = wall_named(options["wall"])
                # The others of those would call every route in each phase, which takes seconds.
                others = [each for each in all_probes() if not each.driven]
                self._tell({"turned_red": show_break(probe, plant, others, target, self._tell)})
            else:
                for rehearsal in rehearse_all(chosen(options["only"]), target):
                    self._tell({"rehearsal": rehearsal.as_json()})

    def _tell(self, what: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(what))
        self.stdout.flush()
