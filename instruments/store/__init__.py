"""The record on disk: sealed segments, reading, checking, exporting."""

from __future__ import annotations

from instruments.store.frames import events, gaps, read, results

__all__ = ["events", "gaps", "read", "results"]
