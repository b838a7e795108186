"""Where a project stands, in counts that stand in clear: answers needed, given, in work, and by whom."""

from uuid import UUID

from annotation.access import permission_id, reach_project
from annotation.services import statements
from annotation.services.board_sql import COUNTS, PEOPLE
from annotation.values import Board, PersonsCount, ProjectRight
from ringfence.kernel.context import TenantContext


def board(context: TenantContext, *, project_id: UUID) -> Board:
    """Return the counts. Nothing of it is content, so nothing is delivered. Raises `NotFound`."""
    reach_project(context, project_id, ProjectRight.MANAGE, ProjectRight.READ)
    project = {"project": project_id, "label": permission_id(ProjectRight.LABEL)}
    ((items, answered, leased, waiting, kept, threads),) = statements.rows(COUNTS, project)
    return Board(
        items=items,
        needed=int(answered) + leased + waiting + kept,
        answered=int(answered),
        leased=leased,
        open=waiting + kept,
        people=tuple(
            PersonsCount(who, assigned, int(given), int(held), int(active_ms), int(kept_for_them), since)
            for who, assigned, given, active_ms, held, kept_for_them, since in statements.rows(
                PEOPLE, project
            )
        ),
        kept=kept,
        threads=threads,
    )
