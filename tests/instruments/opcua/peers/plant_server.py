"""asyncua with an address space of many kinds: identifiers, data types, LADS and PA-DIM. Argument: JSON.

``namespaces`` are registered in the order given. Each variable counts the ticks from its own multiple of 4000: TT101 is
4000.0, 4000.1, 4000.2 ..., so that nothing can pass for another.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid

from asyncua import Server, ua

PLANT, LAB = "urn:plant", "urn:lab"
DI, LADS, PADIM = (f"http://opcfoundation.org/UA/{name}/" for name in ("DI", "LADS", "PADIM"))
CELSIUS = ua.EUInformation("http://www.opcfoundation.org/UA/units/un/cefact", 4408652, ua.LocalizedText("°C"))
BAR = ua.EUInformation("http://www.opcfoundation.org/UA/units/un/cefact", -1, ua.LocalizedText("bar"))
KIND = ua.VariantType
STEP = 4000
# Identifier, data type, multiple of the step: in the namespace of the plant.
VARIABLES = {
    "TT101": ("TT101", KIND.Double, 1),
    "odd": ("Area 1;TT=1/01 °C", KIND.Double, 2),
    "guid": (uuid.UUID("5ce9dbce-5d79-434c-9ac3-1cfba9a6e92c"), KIND.Float, 3),
    "opaque": (b"\x00\xffM&M", KIND.Double, 4),
    "number": (4711, KIND.Int16, 5),
    "long": ("Counter", KIND.Int64, 9_000_000),
    "unsigned": ("Total", KIND.UInt64, 7),
    "running": ("Running", KIND.Boolean, 0),
}


def value(kind: ua.VariantType, multiple: int, tick: int) -> ua.DataValue:
    found = STEP * multiple + tick / 10 if kind in (KIND.Double, KIND.Float) else STEP * multiple + tick
    return ua.DataValue(ua.Variant(bool(tick % 2) if kind is KIND.Boolean else found, kind))


async def instrument(parent, path, multiple, unit, span, limits):
    """Objects down to a variable by (index, name) steps, which states its unit and ranges."""
    for index, name in path[:-1]:
        parent = await parent.add_object(index, name)
    index, name = path[-1]
    node = await parent.add_variable(index, name, float(STEP * multiple))
    await node.add_property(0, "EURange", ua.Range(*span))
    await node.add_property(0, "EngineeringUnits", unit)
    if limits:
        await node.add_property(0, "InstrumentRange", ua.Range(*limits))
    return node, KIND.Double, multiple


async def build(server: Server, uris: list[str]) -> list:
    index = {uri: await server.register_namespace(uri) for uri in uris}
    objects = server.nodes.objects
    nodes = []
    for name, (identifier, kind, multiple) in VARIABLES.items():
        node_id = ua.NodeId(identifier, index[PLANT])
        node = await objects.add_variable(node_id, ua.QualifiedName(name, index[PLANT]), value(kind, multiple, 0).Value)
        nodes.append((node, kind, multiple))
    await objects.add_variable(ua.NodeId("Profile", index[PLANT]), f"{index[PLANT]}:profile", [1.0, 2.0, 3.0])
    await objects.add_variable(ua.NodeId("Recipe", index[PLANT]), f"{index[PLANT]}:recipe", "NMC622")
    devices = await objects.add_object(index[DI], "DeviceSet")
    lads, padim, lab = index[LADS], index[PADIM], index[LAB]
    sensor = [
        (lab, "Reactor"),
        (lads, "FunctionalUnitSet"),
        (lab, "Leach"),
        (lads, "FunctionSet"),
        (lab, "Temperature"),
    ]
    nodes.append(await instrument(devices, [*sensor, (lads, "SensorValue")], 11, CELSIUS, (0, 2000), (-50, 3000)))
    signal = [(lab, "PT102"), (padim, "SignalSet"), (lab, "Pressure"), (padim, "AnalogSignal")]
    nodes.append(await instrument(devices, signal, 12, BAR, (0, 1600), None))
    return nodes


async def main() -> None:
    options = json.loads(sys.argv[1])
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{options['port']}/")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    nodes = await build(server, options.get("namespaces", [PLANT, DI, LADS, PADIM, LAB]))
    async with server:
        print("ready", flush=True)  # noqa: T201
        tick = options.get("first", 0)
        while True:
            for node, kind, multiple in nodes:
                await server.write_attribute_value(node.nodeid, value(kind, multiple, tick))
            tick += 1
            await asyncio.sleep(0.1)


asyncio.run(main())
