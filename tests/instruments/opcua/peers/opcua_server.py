"""python-opcua's server: an independent implementation, without transfer of subscriptions. Arguments: JSON."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
import time
from pathlib import Path

from opcua import Server, ua

logging.disable(logging.CRITICAL)
options = json.loads(sys.argv[1])
security = options.get("security", {})
server = Server()
server.set_endpoint(f"opc.tcp://127.0.0.1:{options['port']}/")
if security.get("policies", ["None"]) == ["None"]:
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
else:
    server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
    server.load_certificate(security["certificate"])
    server.load_private_key(security["key"])
if security.get("users"):
    server.set_security_IDs(["Username"])
    server.user_manager.set_user_manager(lambda _session, name, word: security["users"].get(name) == word)
index = server.register_namespace("urn:hydromet:simulated")
nodes = [
    server.get_objects_node().add_variable(ua.NodeId(f"T{n}", index), ua.QualifiedName(f"T{n}", index), -1.0)
    for n in range(options.get("tags", 10))
]
server.start()
print("ready", flush=True)  # noqa: T201
tick = options.get("first", 0)
truth = Path(options["truth"]).open("a") if "truth" in options else None  # noqa: SIM115
began = time.monotonic()
number = 0
while True:
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    for node in nodes:
        value = ua.DataValue(ua.Variant(float(tick), ua.VariantType.Double))
        value.SourceTimestamp = now
        value.ServerTimestamp = now
        node.set_value(value)
    if truth:
        print(
            round(now.replace(tzinfo=dt.UTC).timestamp() * 1e6) * 1000,
            float(tick),
            sep=",",
            file=truth,
            flush=True,
        )
    tick += 1
    interval = options.get("interval", 0.1)
    number = max(number + 1, int((time.monotonic() - began) / interval))
    time.sleep(max(0.0, began + number * interval - time.monotonic()))
