"""``python -m instruments.store.seal RUN PIECE...``: pieces of the log into one segment; started by the recorder.

Doing it twice does no harm: batches that a segment holds already are not sealed again.
"""

from __future__ import annotations

import contextlib
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hydromet.errors import HydrometError
from instruments.base import SECOND
from instruments.folder import RunFolder, wait_for
from instruments.pieces import read_pieces
from instruments.sealing import lower_priority
from instruments.store import segment
from instruments.store.hashes import hash_path, write_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from instruments.pieces import Piece


def seal(run: RunFolder, names: Sequence[str]) -> Path | None:
    """Seal pieces of a run; the path of the segment, None if there was nothing to seal.

    Raises:
        OSError: no room.
        StationError: E033, what was written is not what is read back.
    """
    with _alone(run):
        return _seal(run, names)


@contextlib.contextmanager
def _alone(run: RunFolder) -> Iterator[None]:
    """Wait for another child to end: that of a logger that was killed goes on after it."""
    with (run.path / "seal.lock").open("a") as file:
        wait_for(file.fileno())
        for leftover in run.data.rglob(".*.h5.tmp"):
            leftover.unlink(missing_ok=True)
        yield


def _seal(run: RunFolder, names: Sequence[str]) -> Path | None:
    pieces = list(read_pieces([run.log / name for name in names]))
    sealed = run.segments()
    beyond = segment.span(sealed[-1])[1] if sealed else 0
    if sealed and not hash_path(sealed[-1]).exists():  # the child before was killed just after it had sealed
        segment.read(sealed[-1], verify=True)
        write_hash(sealed[-1])
    content = segment.gather(pieces, beyond)
    if content is None:
        return None
    path = _free(run, _begun(pieces))
    path.parent.mkdir(parents=True, exist_ok=True)
    segment.write(path, content)
    write_hash(path)
    for piece in pieces:
        # What could not be read stays for whoever can read more; a torn tail was never acknowledged.
        if any(not damage.cut for damage in piece.damage):
            piece.path.rename(piece.path.with_suffix(".damaged"))
    return path


def _begun(pieces: Sequence[Piece]) -> datetime:
    """When the first piece with a header was opened."""
    opened = [int(piece.header.text["opened_ns"]) for piece in pieces if piece.header]
    seconds = opened[0] / SECOND if opened else pieces[0].path.stat().st_mtime
    return datetime.fromtimestamp(seconds, UTC)


def _free(run: RunFolder, hour: datetime) -> Path:
    """``data/2026/11/23/14.h5``, with -2, -3 ... for further segments of the hour; the order of names is that of time.

    After a clock that was set back the newest hour is gone on with.
    """
    sealed = run.segments()
    folder = run.data / hour.strftime("%Y/%m/%d")
    path = folder / hour.strftime("%H.h5")
    if sealed and (sealed[-1].parent, sealed[-1].stem.partition("-")[0]) >= (path.parent, path.stem):
        newest = sealed[-1]
        stem, _, number = newest.stem.partition("-")
        path = newest.with_name(f"{stem}-{int(number or 1) + 1}.h5")
    return path


def main(arguments: Sequence[str]) -> int:
    """Seal; 0 if the pieces may go."""
    lower_priority()
    try:
        seal(RunFolder(arguments[0]), arguments[1:])
    except (OSError, HydrometError) as error:
        sys.stderr.write(" ".join(str(error).split()) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
