"""The hash beside every segment: ``14.h5.sha256`` holds the line that ``sha256sum`` prints for ``14.h5``.

HDF5 itself dies of some damaged files, and takes the process along: a segment that has its hash is opened only if every
byte is as it was sealed.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from hydromet.errors import Place, StationError
from instruments.folder import replace


def hash_path(path: Path) -> Path:
    """Where the hash of a segment stands."""
    return path.with_name(f"{path.name}.sha256")


def hash_of(path: Path) -> str:
    """The line of ``sha256sum`` for a segment."""
    with path.open("rb") as file:
        return f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n"


def write_hash(path: Path) -> None:
    """Put the hash of the whole file beside a segment: every byte counts, also those between the data."""
    replace(hash_path(path), hash_of(path).encode())


def unchanged(path: Path, *, afresh: bool = False) -> bool:
    """Whether every byte of a segment is known to be as it was sealed; False if there is no hash beside it.

    Args:
        path: of the segment.
        afresh: read it again, even if it was read before and its size and times are the same.

    Raises:
        StationError: E033, it is not, or its hash is not; it cannot be read.
    """
    try:
        stated = hash_path(path).read_bytes().decode("ascii", "replace")
    except FileNotFoundError:
        return False
    except OSError as error:
        raise damaged(path, f"{hash_path(path).name}: {error.strerror}", "its hash") from None
    try:
        stat = path.stat()
        found = hash_of(path) if afresh else _hash_once(str(path.absolute()), stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise damaged(path, str(error.strerror), "a sealed segment") from None
    if found != stated:
        raise damaged(path, "not the bytes that were sealed", stated.strip())
    return True


@lru_cache(maxsize=10_000)
def _hash_once(path: str, size: int, time_ns: int) -> str:
    """For a file of this size and time; a sealed segment is never written again."""
    del size, time_ns
    return hash_of(Path(path))


def damaged(path: Path, read: str, expected: str) -> StationError:
    """E033, with the ways to read the rest of the record."""
    write = 'hydromet log export RUN -o rest.csv --skip-damaged\ninstruments.read("RUN", damaged="skip")'
    return StationError("E033", read=read, expected=expected, write=write, place=Place(str(path)))
