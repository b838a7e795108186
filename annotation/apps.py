"""Annotation as a Django app: projects, items, the queue, answers, import and export."""

from importlib import import_module

from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    """What labelers and managers use."""

    name = "annotation"

    def ready(self) -> None:
        """Register canaries, example requests, names, and what ends when a member is kept away."""
        import_module("annotation.isolation")
        import_module("annotation.names")
        import_module("annotation.services.keep_away")
