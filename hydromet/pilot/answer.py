"""The answer file: the hidden truth of a virtual plant, sealed so that nobody reads it by accident.

It is one JSON object: ``format``, ``sha256`` of the truth as canonical JSON, and ``sealed``, the same text compressed
and in base 64. This keeps eyes off, it keeps no secret: whoever has the plant file can draw the same truth.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import TYPE_CHECKING, Any

from hydromet.errors import CommandError, Place
from hydromet.pilot.plant import TRUE

if TYPE_CHECKING:
    from pathlib import Path

    from hydromet.pilot.plant import PilotPlant

FORMAT = "hydromet-pilot-answer/1"
_LARGEST = 50_000_000


def truth(plant: PilotPlant) -> dict[str, Any]:
    """Everything that a newcomer is meant to find out, as plain data.

    ``hidden`` true parameters of the flowsheet, ``instruments`` errors by tag (unit of the tag, drift per hour),
    ``electrodes``, ``faults``, and ``points``: streams of the solved flowsheet at every operating point.
    """
    file = plant.pilot.file
    points = [
        {
            "at_s": point.at,
            "name": point.name,
            "set": {path: str(value) for path, value in point.set.items()},
            "streams": {**result["streams"], **result["feeds"]},
        }
        for point, result in zip(file.schedule.points, plant.results, strict=True)
    ]
    return {
        "plant": file.name,
        "seed": file.seed,
        "hidden": dict(plant.hidden),
        "instruments": {
            n: {"noise": e.noise, "offset": e.offset, "drift_per_h": e.drift} for n, e in plant.errors.items()
        },
        "electrodes": {
            name: {key: getattr(one, key) for key in ("slope", "offset", "slope_loss", "offset_drift", "calibrated")}
            for name, one in plant.electrodes.items()
        },
        "faults": [fault.model_dump() for fault in file.faults],
        "points": points,
        "shown_beside": TRUE,
    }


def seal(found: dict[str, Any]) -> dict[str, str]:
    """The answer file of a truth."""
    text = json.dumps(found, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()
    sealed = base64.b64encode(zlib.compress(text, 9)).decode()
    return {"format": FORMAT, "sha256": hashlib.sha256(text).hexdigest(), "sealed": sealed}


def reveal(path: Path) -> dict[str, Any]:
    """The truth in an answer file, after its hash was checked.

    Raises:
        CommandError: E665, it is no answer file, or it was changed.
    """
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != FORMAT:
            raise ValueError(content["format"])
        unpack = zlib.decompressobj()
        text = unpack.decompress(base64.b64decode(content["sealed"], validate=True), _LARGEST)
        if hashlib.sha256(text).hexdigest() != content["sha256"]:
            message = "another hash than it states"
            raise ValueError(message)
        found: dict[str, Any] = json.loads(text)
    except (OSError, ValueError, KeyError, TypeError, zlib.error) as error:
        expected = "an answer file of `hydromet pilot`, as it was written"
        write = "hydromet pilot --reveal answer.json"
        raise CommandError(
            "E665", read=f"{path}: {error}", expected=expected, write=write, place=Place(str(path))
        ) from None
    return found
