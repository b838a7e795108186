"""Log lines tell where something broke and quote nothing of what it broke on."""

import io
import logging

import pytest

from ringfence.web.logs import CrashesAlone, QuietFormatter

SECRET = "the reviewer's own words"


@pytest.fixture
def log():
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(QuietFormatter("%(levelname)s %(name)s %(message)s"))
    logger = logging.Logger("somebody's library")
    logger.addHandler(handler)
    return logger, written


def breaks():
    raise ValueError(f"cannot read {SECRET}")


@pytest.mark.parametrize("message", ["Task %s raised unexpected", "plain and simple: %s"])
def test_of_an_exception_only_kind_and_place_are_written(log, message):
    logger, written = log
    try:
        breaks()
    except ValueError as error:
        logger.exception(message, repr(error))
    line = written.getvalue()
    assert SECRET not in line
    assert line.startswith("ERROR somebody's library ValueError at web/test_logs.py:")
    assert "breaks" in line
    assert line.count("\n") == 1


def test_a_cause_is_not_quoted_either(log):
    logger, written = log
    try:
        try:
            breaks()
        except ValueError as error:
            raise RuntimeError("while importing") from error
    except RuntimeError:
        logger.exception("it broke")
    assert SECRET not in written.getvalue()
    assert "RuntimeError" in written.getvalue()


def test_a_line_without_an_exception_stays_as_it_is(log):
    logger, written = log
    logger.warning("next try in %.1f s", 0.5)
    assert written.getvalue() == "WARNING somebody's library next try in 0.5 s\n"


def test_only_what_crashed_passes_the_filter(log):
    logger, written = log
    logger.addFilter(CrashesAlone())
    logger.warning("Not Found: /w/%s", SECRET)
    assert written.getvalue() == ""
    try:
        breaks()
    except ValueError:
        logger.exception("Internal Server Error: /w/%s", SECRET)
    assert "ValueError at" in written.getvalue()
    assert SECRET not in written.getvalue()
