"""What a server granted of what was asked, in words and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from instruments.opcua.session import Saved
    from instruments.opcua.subscription import Item

_SLOWER = 1.01


def granted(saved: Saved, items: Sequence[Item], names: Mapping[int, str]) -> tuple[str, dict[str, Any]]:
    """The revised values of a subscription, and which tags got less than was asked for.

    Args:
        saved: with what was granted.
        items: as they were asked for.
        names: number of a tag -> its name.
    """
    got = {item.number: saved.items[str(item.number)] for item in items if str(item.number) in saved.items}
    pairs = [(item, got[item.number]) for item in items if item.number in got]
    shorter = {names[item.number]: [item.queue, int(one[2])] for item, one in pairs if one[2] < item.queue}
    slower = {
        names[item.number]: [item.sampling * 1000, one[1]]
        for item, one in pairs
        if one[1] > item.sampling * 1000 * _SLOWER
    }
    data = {
        "publishing_ms": saved.publishing_ms,
        "keep_alive_count": saved.keep_alive,
        "session_ms": saved.session_ms,
        "queue": sorted({int(one[2]) for one in got.values()}),
        "sampling_ms": sorted({float(one[1]) for one in got.values()}),
        "shorter_queue": shorter,
        "slower_sampling": slower,
    }
    text = f"{len(saved.items)} of {len(names)} tags, publishing each {saved.publishing_ms:g} ms"
    if shorter:
        text += f", {len(shorter)} with a shorter queue than asked for"
    if slower:
        text += f", {len(slower)} sampled more slowly than asked for"
    return text, data
