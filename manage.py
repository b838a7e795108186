#!/usr/bin/env python
"""Launcher for management commands. Needs the editable install that `make` does first."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringfence.settings")
    execute_from_command_line(sys.argv)
