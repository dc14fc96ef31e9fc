"""Hot loops: arrays in, arrays out, compiled once by numba and kept in a cache that is always right.

Two traps of numba's own cache are avoided here. It is keyed on one file, so editing an imported helper would leave a
stale answer, and it lies beside the source, where a read-only installation cannot write. Every kernel is therefore
decorated with ``jit``, which keeps compiled code in ``<user cache>/hydromet/kernels/<hash>``. The hash is taken over
all kernel sources, the numba version and that of the atomic weights. Where that folder cannot be written, a private
one below the temporary directory serves. ``parallel=True`` is never used: it aborts after a fork, and cores are used
by processes.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import molmass
import numba
import numpy as np
import platformdirs
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Flags = NDArray[np.bool_]

_LOG = logging.getLogger(__name__)
_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])

# Called with one line of text when a kernel is about to be compiled; the command line shows it as progress.
announce: Callable[[str], None] = _LOG.info


def fingerprint() -> str:
    """Hash of all kernel sources and of what is frozen into the compiled code: names the cache folder."""
    digest = hashlib.sha256(f"numba {numba.__version__} molmass {molmass.__version__}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def cache_folder() -> Path:
    """The writable folder that holds the compiled kernels of exactly these sources."""
    name = f"kernels/{fingerprint()}"
    private = Path(tempfile.gettempdir()) / f"hydromet-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    for base in (_user_cache(), private):
        if base is not None and _writable(base / name):
            return base / name
    return Path(tempfile.mkdtemp(prefix="hydromet-"))


def _user_cache() -> Path | None:
    try:
        return Path(platformdirs.user_cache_dir("hydromet", appauthor=False))
    except (OSError, RuntimeError):  # no home folder can be found
        return None


def _writable(folder: Path) -> bool:
    """True if files can be made in the folder, which is made if need be and must be ours alone to write."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
    except OSError:
        return False


def jit(function: _Kernel) -> _Kernel:
    """``numba.njit`` with a cache in ``cache_folder()``; numba's own setting is left as it was found."""
    return _compiled(function)


def part_of(function: _Kernel) -> _Kernel:
    """``jit`` for a piece of a kernel, which makes no arrays and is called by kernels only.

    No references to arrays are counted in it: handing over a group of thirty arrays costs nothing, so that a kernel can
    be written in pieces. It must not return an array to a ``jit`` function, which would release what it does not own.
    Sums keep their order: were they free to be reordered, code that was just compiled and the same code from the cache
    would differ in the last digit, and so would the bytes of a result.
    """
    return _compiled(function, _nrt=False)


def _compiled(function: _Kernel, **options: object) -> _Kernel:
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(cache_folder())
    try:
        compiled: _Kernel = numba.njit(cache=True, error_model="numpy", **options)(function)
    finally:
        numba.config.CACHE_DIR = before
    return compiled


def compiled_before(kernel: str) -> bool:
    """True if the cache holds compiled code of the kernel, which then loads in well under a second."""
    return next(cache_folder().rglob(f"{kernel}*.nbc"), None) is not None


@cache
def expect(kernel: str, seconds: float) -> None:
    """Announce, once a process, that a kernel has to be compiled first; says nothing if it is in the cache.

    Args:
        kernel: ``module.function``.
        seconds: how long that takes, roughly.
    """
    if not compiled_before(kernel):
        announce(f"compiling {kernel}, about {seconds:.0f} s, once for this version of hydromet and numba")
