"""One canary row for each model of this room, and one example request for each of its routes."""
