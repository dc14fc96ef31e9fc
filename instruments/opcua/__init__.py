"""OPC-UA servers: subscriptions that lose nothing, certificates, history, browsing.

``source`` is what the recorder runs, ``link`` the ladder of one connection, ``subscription`` the counting of
notifications, ``collect`` the readings and gaps, ``session`` channel and session, ``certificates`` trust, ``wire`` the
bytes, ``nodes`` addresses and descriptions, ``history`` the server's archive, ``outage`` what of a gap it fills in,
``seam`` which of its readings are in the record already, ``browse`` a first station file, ``granted`` and ``words``
what to tell.
"""

from __future__ import annotations

from instruments.opcua.source import OpcUaSource, make

__all__ = ["OpcUaSource", "make"]
