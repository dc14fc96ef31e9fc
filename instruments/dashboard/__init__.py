"""The operators' screen: a read-only page on this machine. It reads the record; the logger never knows of it."""

from __future__ import annotations

from instruments.dashboard.server import HOST, Dashboard

__all__ = ["HOST", "Dashboard"]
