"""``hydromet new device``: a driver of an instrument with a test from the bytes of its manual."""

from __future__ import annotations

import keyword
from pathlib import Path

from hydromet.cli.options import write_text
from hydromet.errors import CommandError

_TEMPLATES = Path(__file__).parent / "templates"


def write(name: str, folder: Path) -> tuple[Path, Path]:
    """Write driver and test; both run as they are.

    Args:
        name: of the driver in the station file, and of the Python module.
        folder: where to; it is made.

    Returns:
        the two files.

    Raises:
        CommandError: E905, no name of a Python module; E906, one of the files is there already.
    """
    stem = name.removesuffix(".py")
    if not stem.isidentifier() or not stem.isascii() or keyword.iskeyword(stem):
        expected = "a name of letters, digits and _, for a Python module"
        raise CommandError("E905", read=name, expected=expected, write="hydromet new device my_meter")
    driver, test = folder / f"{stem}.py", folder / f"test_{stem}.py"
    for file in (driver, test):
        if file.exists():
            write = f"hydromet new device {stem}_2"
            raise CommandError("E906", read=f"{file} is there already", expected="a new name", write=write)
    for file, template in ((driver, "device.py.txt"), (test, "device_test.py.txt")):
        write_text(file, (_TEMPLATES / template).read_text(encoding="utf-8").replace("NAME", stem))
    return driver, test
