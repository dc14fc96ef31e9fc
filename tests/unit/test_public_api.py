"""The public interface is what ``public_api.json`` says: names, verbs, formats, exit codes, codes of messages.

A change that is meant: run this file (``python tests/unit/test_public_api.py``), commit the new snapshot, and tell the
users in docs/changes.md.
"""

from __future__ import annotations

import inspect
import json
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest
from typer.main import get_command

import hydromet
import hydromet.cli
from hydromet import datafiles, errors
from hydromet.chemistry.extraction import extractants as extraction
from hydromet.chemistry.solutions import curve, solution_file, speciation_record
from hydromet.cli.app import app
from hydromet.cli.catalogue import entries
from hydromet.flowsheet import assay, recipe, result, schema
from hydromet.study import mixer_settler, sx_circuit, sx_design, sx_file
from hydromet.units.registry import unit_models

for module in pkgutil.iter_modules(hydromet.cli.__path__):
    import_module(f"hydromet.cli.{module.name}")  # every verb registers itself

SNAPSHOT = Path(__file__).with_name("public_api.json")


def verbs(command, path=""):
    for name, sub in sorted(getattr(command, "commands", {}).items()):
        if not sub.hidden:
            options = [each for p in sub.params for each in (p.opts if p.param_type_name == "option" else [p.name])]
            yield f"{path}{name}", options
            yield from verbs(sub, f"{path}{name} ")


def members(thing):
    if not inspect.isclass(thing):
        return sorted(inspect.signature(thing).parameters)
    own = {*vars(thing), *vars(thing).get("__annotations__", {})}
    return sorted(name for name in own if not name.startswith(("_", "model_")))


def current():
    return {
        "names": {name: members(getattr(hydromet, name)) for name in hydromet.__all__},
        "verbs": dict(verbs(get_command(app))),
        "formats": {
            "flowsheet": f"{schema.FORMAT}: {schema.NEWEST}",
            "assay": f"{assay.FORMAT}: {assay.NEWEST}",
            "reagent": f"{recipe.FORMAT}: {recipe.NEWEST}",
            "extractant": f"format: {extraction.FORMAT}",
            "result": f"format: {result.FORMAT}",
            "solution": f"{solution_file.FORMAT}: {solution_file.NEWEST}",
            "speciation": f"format: {speciation_record.FORMAT}",
            "curve": f"format: {curve.FORMAT}",
            "extraction circuit": f"{sx_file.FORMAT}: {sx_file.NEWEST}",
            "design": f"format: {sx_design.FORMAT}",
            "circuit": f"format: {sx_circuit.FORMAT}",
            "mixer-settlers": f"format: {mixer_settler.FORMAT}",
            "data": f"format: {datafiles.read_yaml(datafiles.MARKER)['format']}",
        },
        "exit codes": {name: value for name, value in sorted(vars(errors).items()) if name.startswith("EXIT_")},
        "units": {
            name: {
                "inlets": [port.name for port in model.inlets],
                "outlets": [port.name for port in model.outlets],
                "parameters": sorted(info.alias or key for key, info in model.model_fields.items()),
            }
            for name, model in unit_models().items()
        },
        "codes": list(entries()),
    }


@pytest.mark.parametrize("part", ["names", "verbs", "formats", "exit codes", "units", "codes"])
def test_public_interface_is_as_published(part):
    assert current()[part] == json.loads(SNAPSHOT.read_text(encoding="utf-8"))[part], __doc__


def test_at_most_twelve_names_and_each_resolves():
    assert len(hydromet.__all__) <= 12
    for name in hydromet.__all__:
        assert getattr(hydromet, name).__doc__
    assert set(hydromet.__all__) <= set(dir(hydromet))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        hydromet.nothing  # noqa: B018


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(current(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
