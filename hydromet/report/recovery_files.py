"""The files of a recovery result: forms, certificates, JSON, as bytes by name; the same result, the same bytes."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from hydromet.locale import BOTH
from hydromet.report.recovery_form import forms
from hydromet.report.recovery_form_xlsx import form_book
from hydromet.report.recovery_pages import certificate_data, certificate_page, form_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Characters of a file name kept of the name of a lot.
_LONGEST = 80


def dumps(data: Any) -> bytes:
    """Plain data as JSON, as all files of this program are written."""
    return (json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def anywhere(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result as plain JSON data without the folder the case was read from."""
    found: dict[str, Any] = json.loads(dumps(result))
    for trap in found.get("traps", ()):
        trap["file"] = PurePath(trap["file"].replace("\\", "/")).name
    return found


def form_files(result: Mapping[str, Any], lang: str = BOTH) -> dict[str, bytes]:
    """``form_<family>.html`` and ``.xlsx``.

    Raises:
        RecoveryError, BalanceError: E940, E931, see ``recovery_form.forms``.
    """
    files = {}
    for family, form in forms(result).items():
        files[f"form_{family}.html"] = form_page(form, result, lang).encode()
        files[f"form_{family}.xlsx"] = form_book(form, result, lang)
    return files


def certificate_files(result: Mapping[str, Any], lang: str = BOTH) -> dict[str, bytes]:
    """``certificate_<lot>.json`` and ``.html`` of every lot."""
    files = {}
    for lot, name in file_names(result.get("recycled_content", {}).get("lots", {})).items():
        files[f"certificate_{name}.json"] = dumps(certificate_data(result, lot))
        files[f"certificate_{name}.html"] = certificate_page(result, lot, lang).encode()
    return files


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Names as the user wrote them -> names of files that every system takes, none twice whatever its case."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = unicodedata.normalize("NFC", name)
        base = re.sub(r"[^\w.-]+", "_", plain).strip("._-")[:_LONGEST] or "lot"
        free, number = base, 2
        while free.casefold() in taken:
            free, number = f"{base}_{number}", number + 1
        taken.add(free.casefold())
        found[name] = free
    return found
