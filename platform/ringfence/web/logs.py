"""Log lines that quote nobody: of an exception its kind and place, never its text, which may hold content."""

import logging

MOST_FRAMES = 12


def place_of(error: BaseException) -> str:
    """Return where an exception came from: its kind, and the innermost code lines first."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        file = "/".join(code.co_filename.rsplit("/", 2)[-2:])
        frames.append(f"{file}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return f"{type(error).__name__} at {' < '.join(reversed(frames[-MOST_FRAMES:]))}"


class QuietFormatter(logging.Formatter):
    """Writes a record as its line; one that carries an exception as kind and place alone.

    Libraries write the exception's text into the message as well (Celery does), so the message goes too.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. The record itself stays as it is, for other handlers."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return super().format(record)
        quiet = logging.makeLogRecord(
            {**record.__dict__, "msg": place_of(error), "args": (), "exc_info": None, "exc_text": None}
        )
        return super().format(quiet)


class CrashesAlone(logging.Filter):
    """Lets only records with an exception pass: the others write down what somebody typed into an address."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record passes."""
        return bool(record.exc_info)
