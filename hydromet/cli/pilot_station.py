"""The station file of a virtual pilot plant: what a newcomer logs it with."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hydromet.pilot.file import Tag
    from hydromet.pilot.plant import PilotPlant

HEAD = "# Written by `hydromet pilot`"
_HEAD = f"""{HEAD}; it is written again when the plant is started anew: copy it to change it.
#
# hydromet log check station.yaml          every tag once
# hydromet log start station.yaml -o run   record
# hydromet dashboard run                   look
#
# `security: None` is for a bench: the virtual plant listens on this machine alone. A real server wants
# Basic256Sha256 or better, and a user whose password comes from the environment.
"""
SERVER, LABORATORY = "plc", "laboratory"
# Quantities of a flowsheet that a link may name.
_LINKED = {
    "temperature": "temperature", "pH": "pH", "mass_flow": "mass flow", "volume_flow": "volume flow",
    "density": "density",
}  # fmt: skip


def station_yaml(plant: PilotPlant, ports: Sequence[int], laboratory: Path) -> str:
    """The station file.

    Args:
        plant: what is measured.
        ports: of the OPC-UA server, then of the instruments in the order of the plant's file.
        laboratory: folder of the laboratory's files.
    """
    from ruamel.yaml import YAML

    from instruments.simulated.opcua_server import NAMESPACE

    file = plant.pilot.file
    data: dict[str, Any] = {
        "station": 1,
        "name": file.name,
        **({"title": file.title} if file.title else {}),
        "opcua": {
            SERVER: {"endpoint": f"opc.tcp://127.0.0.1:{ports[0]}/", "security": "None", "outage": "60 s"},
        },
    }
    if file.instruments:
        data["visa"] = {
            name: {
                "resource": f"TCPIP::127.0.0.1::{port}::SOCKET",
                "driver": one.driver,
                "interval": one.interval,
                **_options(plant, name, one.driver),
            }
            for (name, one), port in zip(file.instruments.items(), ports[1:], strict=True)
        }
    if file.laboratory:
        data["laboratory"] = {LABORATORY: {"folder": str(laboratory), "method": "ICP-OES", "timezone": "UTC"}}
    data["tags"] = {name: _tag(name, tag, NAMESPACE) for name, tag in file.tags.items()}
    for place, what in file.laboratory.places.items() if file.laboratory else ():
        for element in what.elements:
            spec = {"source": LABORATORY, "quantity": element, "place": place, "unit": what.unit}
            link = {"link": {"stream": what.stream, "quantity": element}}
            data["tags"][f"{place}_{element}"] = {**spec, **link, **_named(what.title, element)}
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False
    yaml.allow_unicode = True
    yaml.representer.ignore_aliases = lambda *_: True  # a station file has no anchors
    yaml.width = 200
    text = io.StringIO()
    yaml.dump(data, text)
    return _HEAD + text.getvalue()


def _named(title: str | dict[str, str], element: str) -> dict[str, Any]:
    """The title of a place, with what was determined there."""
    if not title:
        return {}
    if isinstance(title, str):
        return {"title": f"{title}, {element}"}
    return {"title": {language: f"{text}, {element}" for language, text in title.items()}}


def _options(plant: PilotPlant, instrument: str, driver: str) -> dict[str, Any]:
    """What the driver has to know."""
    if driver != "daq970a":
        return {}
    channels = [tag.channel for tag in plant.pilot.file.tags.values() if tag.instrument == instrument]
    return {"options": {"channels": [int(channel) for channel in channels]}}


def _tag(name: str, tag: Tag, namespace: str) -> dict[str, Any]:
    low, high = tag.range
    spec: dict[str, Any] = {"source": tag.instrument or SERVER}
    spec |= {"channel": tag.channel} if tag.instrument else {"node": f"nsu={namespace};s={name}", "sampling": "1 s"}
    spec |= {"unit": tag.unit, "range": f"{low:g}..{high:g} {tag.unit}".strip()}
    if tag.quantity in _LINKED:
        spec["link"] = {"stream": tag.stream, "quantity": _LINKED[tag.quantity]}
    if tag.title:
        spec["title"] = tag.title
    return spec
