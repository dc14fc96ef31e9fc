"""Reference pages made from the program: units, codes, verbs, Python names, shipped data. Nothing is written twice.

The pages of the unit operations are kept in the repository for whoever reads there; ``python docs/generate.py`` writes
them anew, and a test compares them. The others are made when the manual is.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydromet
from hydromet import datafiles
from hydromet.cli.catalogue import entries
from hydromet.dimensions import DIMENSIONS
from hydromet.units.registry import unit_models
from hydromet.validation import examples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECTIONS = ("Args", "Attributes", "Returns", "Raises", "Yields")


def write(reference: Path) -> None:
    """Write all pages into ``docs/reference``; pages of things that are gone are removed."""
    _replace(reference / "units", unit_pages())
    _replace(
        reference / "generated",
        {
            "codes.md": codes(),
            "dimensions.md": dimensions(),
            "data.md": data(),
            "verbs.md": verbs(),
            "python.md": python(),
        },
    )


def unit_pages() -> dict[str, str]:
    """File name -> text of the pages of the unit operations."""
    return {**{f"{name}.md": unit(name, model) for name, model in unit_models().items()}, "index.md": units()}


def _replace(folder: Path, pages: Mapping[str, str]) -> None:
    for old in folder.rglob("*.md"):
        if old.relative_to(folder).as_posix() not in pages:
            old.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        path = folder / name
        # An unchanged page keeps its date, so that Sphinx need not read it again.
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def codes() -> str:
    """Every error and warning, from ``data/errors``."""
    parts = [
        "# Error and warning codes",
        "`hydromet explain CODE` prints the same text; `--lang ja` gives it in Japanese.",
    ]
    for code, entry in entries().items():
        parts += [
            f"## {code}: {entry.title['en']}",
            entry.meaning["en"],
            f"*{entry.title['ja']}.* {entry.meaning['ja']}",
        ]
        for heading, example in (("Wrong", entry.wrong), ("Right", entry.right)):
            if example:
                parts.append(f"{heading}:\n\n```text\n{example.rstrip()}\n```")
    return "\n\n".join(parts) + "\n"


def dimensions() -> str:
    """The kinds of quantity and the units read without a unit library."""
    rows = [
        [kind.name, f"`{kind.example}`", kind.si or "1", ", ".join(f"`{unit}`" for unit in kind.units if unit)]
        for kind in DIMENSIONS.values()
    ]
    text = (
        "A quantity is one number, then its unit: `60 degC`, `12 m3/h`, `30 wt%`. The units below are always known;\n"
        "any other unit that pint knows is accepted if it has the right dimension. The full-width digits and signs of\n"
        "a Japanese keyboard are fine. A decimal comma, a missing unit and a percentage without a basis are errors."
    )
    return (
        f"# Quantities and units of measure\n\n{text}\n\n{_table(['quantity', 'example', 'stored in', 'units'], rows)}"
    )


def data() -> str:
    """Shipped data files with the first comment of each."""
    rows = [
        [f"`{name}`", _first_comment(f"data/{name}")] for name in datafiles.sets() if not name.startswith("errors/")
    ]
    text = "`hydromet data show NAME` prints a file with the sources and grades of its values."
    return f"# Shipped data\n\n{text}\n\n{_table(['file', 'what it holds'], rows)}"


def verbs() -> str:
    """The command line, from its own help."""
    from typer.main import get_command

    from hydromet.cli.app import app

    parts = ["# Verbs of the command line"]
    for path, command in _commands(get_command(app), "hydromet"):
        rows = [
            [
                f"`{' '.join(p.opts) if p.param_type_name == 'option' else p.name}`",
                _cell(getattr(p, "help", "")),
            ]
            for p in command.params
            if not getattr(p, "hidden", False)
        ]
        parts += [
            f"## {path}",
            _markdown(command.help or ""),
            _table(["argument", "what it does"], rows) if rows else "",
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def python() -> str:
    """The public names of the package."""
    parts = [
        "# Python names",
        "These names, the verbs, the file formats and the codes are the public interface: they follow semantic\n"
        "versioning. Everything else may change in any release.",
    ]
    for name in hydromet.__all__:
        thing = getattr(hydromet, name)
        parts += [f"## hydromet.{name}", _markdown(inspect.getdoc(thing) or "")]
        if inspect.isclass(thing):
            methods = [(key, value) for key, value in vars(thing).items() if _documented(key, value)]
            parts += [f"**{key}** — {_markdown(inspect.getdoc(_plain(value)) or '')}" for key, value in methods]
    return "\n\n".join(parts) + "\n"


def units() -> str:
    """The list of unit operations."""
    models = unit_models()
    rows = [
        [f"[{name}]({name}.md)", _cell((inspect.getdoc(model) or "").partition("\n")[0])]
        for name, model in models.items()
    ]
    tree = "\n".join(["```{toctree}", ":hidden:", "", *models, "```"])
    return f"# Unit operations\n\n{_table(['model', 'what it is'], rows)}\n\n{tree}\n"


def unit(name: str, model: Any) -> str:
    """One unit operation: its docstring, ports and parameters."""
    parts = [f"# {name}", _markdown(inspect.getdoc(model) or "")]
    for title, ports in (("Inlets", model.inlets), ("Outlets", model.outlets)):
        rows = [[f"`{p.name}`", _cell(p.what), _port(p)] for p in ports]
        parts += [f"## {title}", _table(["port", "what", ""], rows) if rows else "They depend on the parameters."]
    rows = [
        [
            f"`{info.alias or key}`",
            _cell(info.description or ""),
            _default(info),
            f"`{e}`" if (e := next(examples(info), "")) else "",
        ]
        for key, info in model.model_fields.items()
        if key != "model"
    ]
    parts += ["## Parameters", _table(["parameter", "what", "default", "written as"], rows) if rows else "None."]
    return "\n\n".join(parts) + "\n"


def _port(port: Any) -> str:
    return "drawn by the unit" if port.drawn else "" if port.required else "optional"


def _default(info: Any) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=False)
    return "none" if value is None or value == () else f"`{value}`" if info.default_factory is None else ""


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, sub in sorted(getattr(command, "commands", {}).items()):
        if not sub.hidden:
            yield f"{path} {name}", sub
            yield from _commands(sub, f"{path} {name}")


def _documented(key: str, value: Any) -> bool:
    return not key.startswith("_") and bool(inspect.isfunction(_plain(value)) and inspect.getdoc(_plain(value)))


def _plain(value: Any) -> Any:
    return getattr(value, "__func__", None) or getattr(value, "fget", None) or getattr(value, "func", None) or value


def _first_comment(name: str) -> str:
    if not name.endswith((".yaml", ".csv", ".md", ".bib")):
        return ""
    lines = datafiles.read_text(name).splitlines()
    return _cell(lines[0].lstrip("# ")) if lines and lines[0].startswith("#") else ""


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _markdown(docstring: str) -> str:
    """A docstring in Google's style as Markdown: sections become lists, literal blocks become code."""
    lines = docstring.replace("``", "`").splitlines()
    out: list[str] = []
    section = ""
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        heading = re.fullmatch(r"(\w[\w ]*):", line)
        if heading and after.startswith("    "):
            section = heading[1]
            out += ["", f"**{section}**", ""]
        elif section and line.startswith("    "):
            named = re.fullmatch(r"(\w[\w, ]*?): (.*)", line[4:]) if section in _SECTIONS else None
            out.append(f"- `{named[1]}`: {named[2]}" if named else line[4:])
        else:
            section = section if not line.strip() else ""
            out.append(re.sub(r"::$", ":", line))
    return "\n".join(out).strip()


if __name__ == "__main__":
    _replace(Path(__file__).parent / "reference" / "units", unit_pages())
