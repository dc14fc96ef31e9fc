"""What the logger says, in words: ``text/logger.log``, rotating, five files of two megabytes."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from time import gmtime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from instruments.folder import RunFolder

_ROOT = "instruments"
_BYTES, _FILES = 2_000_000, 5


class _Quiet(RotatingFileHandler):
    """A full disk stops the words, never the data, and does not fill the terminal with tracebacks."""

    def handleError(self, record: logging.LogRecord) -> None:  # the name is logging's
        """Nothing: the status says that the disk is full."""


def open_text_log(run: RunFolder) -> logging.Handler | None:
    """Begin to write; None if the file cannot be opened."""
    try:
        handler = _Quiet(run.text / "logger.log", maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8")
    except OSError:
        return None
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)-7s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = gmtime
    handler.setFormatter(formatter)
    logger = logging.getLogger(_ROOT)
    logger.addHandler(handler)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    return handler


def close_text_log(handler: logging.Handler | None) -> None:
    """End writing."""
    if handler is not None:
        logging.getLogger(_ROOT).removeHandler(handler)
        handler.close()
