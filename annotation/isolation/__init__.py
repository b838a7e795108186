"""What the isolation check needs of this room: a canary row for each model, a request for each route."""

from annotation.isolation import (
    canaries,
    doors,
    job_requests,
    labor_canaries,
    labor_requests,
    owed_canaries,
    owed_requests,
    requests,
    tally_canaries,
)

__all__ = [
    "canaries",
    "doors",
    "job_requests",
    "labor_canaries",
    "labor_requests",
    "owed_canaries",
    "owed_requests",
    "requests",
    "tally_canaries",
]
