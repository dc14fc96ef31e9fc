"""``log status --live``: the table of a run in the terminal, renewed each second; it reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.table import Table

_TICK = 1.0
# Mark of a tag -> sign and style; never colour alone.
_MARKS = {
    "good": ("", ""),
    "uncertain": ("? ", "black on yellow"),
    "bad": ("x ", "bold white on red"),
    "stale": ("~ ", "dim italic"),
}
_URGENCY = ("bad", "stale", "uncertain", "good")
# Lines of a terminal that are no rows: title, headings, rules, caption.
_AROUND = 7
# An age is amber after so many periods of the tag, red after so many.
_AMBER, _RED = 3.0, 10.0


def live(run: Path, language: str, wait: Callable[[float], bool]) -> str:
    """Show a run until ``wait`` says that it is enough.

    Args:
        run: its folder.
        language: of the headings.
        wait: waits so many seconds; True ends the table.

    Returns:
        the state of the logger at the end, as ``log status`` has it.

    Raises:
        StationError: E030, there is no run.
    """
    from rich.console import Console
    from rich.live import Live

    from instruments.dashboard.view import View

    view = View(run)
    message = view.poll()
    console = Console()
    with Live(table(message, view.tags(), language, console.height), console=console, auto_refresh=False) as screen:
        while not wait(_TICK):
            message = view.poll()
            screen.update(table(message, view.tags(), language, console.height), refresh=True)
    return str(message["status"]["state"])


def table(message: dict[str, Any], tags: list[dict[str, Any]], language: str, height: int = 10_000) -> Table:
    """A message of the view as a table.

    Args:
        message: of ``View.poll``.
        tags: of ``View.tags``.
        language: of headings and titles.
        height: lines of the terminal; where there are more tags than that, those in trouble come first.
    """
    from rich.markup import escape
    from rich.table import Table

    from hydromet.locale import pick, tr
    from instruments.dashboard.words import words

    said = words("ja" if language == "ja" else "en")
    status = message["status"]
    found = Table(title=_title(status, said), caption=escape(_caption(status)), title_justify="left")
    for heading in (tr("Tag", language), tr("Value", language), tr("Unit", language)):
        found.add_column(heading, justify="right" if heading == tr("Value", language) else "left")
    found.add_column(tr("Quality", language))
    found.add_column(tr("Age", language), justify="right")
    rows, left = _fitting(tags, message["latest"], height - _AROUND)
    for tag in rows:
        name = pick(tag["title"], language) or tag["name"]
        shown = message["latest"].get(str(tag["id"]))
        if shown is None:
            found.add_row(escape(name), "–", escape(tag["unit"]), said["never"], "")
            continue
        _, value, mark, code, age = shown
        sign, style = _MARKS[mark]
        figure = "–" if value is None or mark == "stale" else f"{value:.5g}" if isinstance(value, float) else str(value)
        word = said[mark] if mark in ("good", "stale") else f"{said[mark]} {code}"
        found.add_row(
            escape(name), _styled(figure, style), escape(tag["unit"]), _styled(sign + word, style),
            _styled(f"{age:.0f} s", _age_style(age, tag)),
        )  # fmt: skip
    if left:
        found.add_row(f"… {left}", "", "", "", "")
    return found


def _fitting(tags: list[dict[str, Any]], latest: dict[str, Any], room: int) -> tuple[list[dict[str, Any]], int]:
    """The tags there is room for, those in trouble first if not for all; and how many are left out."""
    if len(tags) <= room:
        return tags, 0

    def urgency(tag: dict[str, Any]) -> int:
        one = latest.get(str(tag["id"]))
        return _URGENCY.index(one[2]) if one else len(_URGENCY)

    kept = max(1, room - 1)
    return sorted(tags, key=urgency)[:kept], len(tags) - kept


def _styled(text: str, style: str) -> Any:
    from rich.text import Text

    return Text(text, style)


def _age_style(age: float, tag: dict[str, Any]) -> str:
    """OPC-UA servers tell changes only: an old value there is no trouble by itself."""
    period = tag["period"]
    if period is None or tag["laboratory"]:
        return ""
    return "red" if age > _RED * period else "yellow" if age > _AMBER * period else ""


def _title(status: dict[str, Any], said: dict[str, str]) -> Any:
    state = status["state"]
    trouble = state in ("died", "silent", "failed", "disk full")
    return _styled(f"{status.get('station', '')}: {said.get(state, state)}", "bold white on red" if trouble else "bold")


def _caption(status: dict[str, Any]) -> str:
    parts = []
    if "buffer" in status:
        parts.append(f"buffer {status['buffer']['held']} / {status['buffer']['capacity']}")
    if status.get("disk"):
        left = status["disk"].get("hours_left")
        parts.append(f"disk {status['disk'].get('level', '')}" + ("" if left is None else f", {left:.0f} h left"))
    parts += [f"{name}: {one['link']}" for name, one in status.get("sources", {}).items() if one["link"] != "connected"]
    return "   ".join(parts)
