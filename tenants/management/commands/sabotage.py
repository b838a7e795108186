"""`manage.py sabotage [WALL]`: takes walls down in the shadow, one after another, and shows what turns red."""

import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.isolation.places import CannotRun
from tenants.isolation.probe import all_probes
from tenants.services.break_wall import break_wall
from tenants.services.create_canaries import create_canaries

HEADINGS = {"standing": "  before: all walls stand", "taken-down": "  taken down", "restored": "  restored"}


class Command(BaseCommand):
    """Show walls being taken down, in the checker's environment."""

    help = "Take a wall down in the shadow (all of them for no name) and watch which check turns red."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take names of walls, or the wish to see the list."""
        parser.add_argument("walls", nargs="*", help="for example DB-02/unforced; all for none")
        parser.add_argument("--list", action="store_true", help="list the walls")

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk through the walls. Exit 2 when one was not noticed. Raises CommandError."""
        walls = {probe.wall(plant): plant.words for probe in all_probes() for plant in probe.plants}
        if options["list"]:
            for name, words in walls.items():
                self.stdout.write(f"{name:24} {words}")
            return
        create_canaries()
        unseen = 0
        for name in options["walls"] or walls:
            try:
                story = break_wall(name)
            except (LookupError, CannotRun) as problem:
                raise CommandError(str(problem)) from problem
            self._show(story)
            unseen += not story["turned_red"]
        if unseen:
            self.stdout.write(f"{unseen} walls were taken down and nobody noticed.")
            sys.exit(2)

    def _show(self, story: Mapping[str, Any]) -> None:
        self.stdout.write(f"\n{story['wall']}: {story['words']}")
        phase = ""
        for step in story["steps"]:
            if step["phase"] != phase:
                phase = step["phase"]
                self.stdout.write(HEADINGS[phase])
            if phase == "taken-down" and step["status"] in ("fail", "learned"):
                self.stdout.write(f"    RED   {step['check']}  {step['title']}")
                for text in step["evidence"][:3]:
                    self.stdout.write(f"          {text}")
        self.stdout.write("  noticed, and quiet again" if story["turned_red"] else "  NOT NOTICED")
