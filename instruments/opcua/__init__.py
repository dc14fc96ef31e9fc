"""OPC-UA servers: subscriptions that lose nothing, certificates, history, browsing.

``source`` is what the recorder runs, ``link`` the ladder of one connection, ``subscription`` the counting of
notifications, ``collect`` the readings and gaps, ``session`` channel and session, ``certificates`` trust, ``wire`` the
bytes, ``nodes`` addresses and descriptions, ``history`` the backfill, ``browse`` a first station file,
``words`` what to tell.
"""

from __future__ import annotations

from instruments.opcua.source import OpcUaSource, make

__all__ = ["OpcUaSource", "make"]
