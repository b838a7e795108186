"""The web process."""

import os

from django.core.wsgi import get_wsgi_application

from ringfence.embedded.launch import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringfence.settings")
application = get_wsgi_application()

# A worker of a killed server would go on serving, and hold the port against its successor.
end_with_parent()
