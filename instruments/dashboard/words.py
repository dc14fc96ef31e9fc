"""Words of the page, English or Japanese."""

from __future__ import annotations

from hydromet.locale import tr


def words(language: str) -> dict[str, str]:
    """Key in the page -> word in a language."""
    return {
        "lang": language,
        "time": tr("Time", language),
        "tag": tr("Tag", language),
        "value": tr("Value", language),
        "unit": tr("Unit", language),
        "quality": tr("Quality", language),
        "age": tr("Age", language),
        "good": tr("Good", language),
        "uncertain": tr("Uncertain", language),
        "bad": tr("Bad", language),
        "stale": tr("Stale", language),
        "never": tr("No value yet", language),
        "notes": tr("Notes", language),
        "gaps": tr("Gaps", language),
        "cause": tr("Cause", language),
        "source": tr("Source", language),
        "from": tr("From", language),
        "to": tr("To", language),
        "live": tr("Live", language),
        "export": tr("CSV of this span", language),
        "buffer": tr("Buffer", language),
        "disk": tr("Disk", language),
        "readings": tr("Readings", language),
        "free": tr("free", language),
        "hours_left": tr("hours left", language),
        "lost_page": tr("This page has lost its connection", language),
        "recording": tr("Recording", language),
        "stopped": tr("Stopped", language),
        "died": tr("NOT RECORDING: the logger died", language),
        "failed": tr("NOT RECORDING: a fault in the logger", language),
        "silent": tr("NOT RECORDING: the logger does not answer", language),
        "never started": tr("Never started", language),
        "disk full": tr("DISK FULL: values wait in memory", language),
        "connected": tr("connected", language),
        "waiting": tr("waiting for data", language),
        "disconnected": tr("disconnected", language),
        "refused": tr("refused", language),
        "starting": tr("starting", language),
        "off": tr("stopped", language),
        "all": tr("all", language),
        "no_unit": tr("no unit", language),
    }
