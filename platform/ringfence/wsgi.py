"""The web process."""

import multiprocessing
import os
import sys
from importlib import import_module

from django.core.wsgi import get_wsgi_application

from ringfence.embedded.launch import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringfence.settings")
application = get_wsgi_application()
# Imported late: models need the settings that the line before has read.
import_module("tenants.gate.install").refuse_foreign_install()

# A worker of a killed server would go on serving, and hold the port against its successor.
end_with_parent()
_server = multiprocessing.parent_process()
if _server is not None and not _server.is_alive():
    sys.exit(1)  # it was killed while we were being loaded, before we could ask to be told
