"""The verdict of an evidence check in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.locale import tr

if TYPE_CHECKING:
    from collections.abc import Mapping


def verified(found: Mapping[str, Any], language: str = "en") -> str:
    """What was checked, and the hashes that tie the levels together.

    Args:
        found: of ``carbon_verify.verify``.
        language: ``en``, ``ja`` or ``both``.
    """
    states = {
        True: tr("holds", language),
        None: tr("could not be checked here", language),
    }
    rows = [
        (tr("files as handed over", language), states[True] + f" ({found['files']})"),
        (tr("figures follow from their rows", language), states[found["figures"]]),
        (tr("documents follow from the record", language), states[found["documents"]]),
        (tr("both levels are of one record", language), states[found["belong_together"]]),
        (tr("SHA-256 of the record", language), found["record_sha256"]),
        (tr("SHA-256 of the auditor's manifest", language), found["auditor_sha256"]),
    ]
    head = f"{tr('Evidence', language)}: {', '.join(found['levels'])}"
    return "\n".join([head, *(f"  {name}: {value}" for name, value in rows)])
