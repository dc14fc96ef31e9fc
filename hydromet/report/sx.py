"""Answers of a design, sections and sizes of a solvent-extraction circuit for the terminal."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from hydromet.locale import tr
from hydromet.report.layout import number, percent, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.study.sx_circuit import Section
    from hydromet.study.sx_design import Design
    from hydromet.study.sx_targets import Aim
    from hydromet.units.mixer_settler import Size

_HOUR = 3600.0
# Trials shown, and metals of a stage table.
_TRIALS, _METALS = 12, 5


def design(found: Design, language: str = "en") -> str:
    """The answer, the targets, what follows from it, the trials, the stages at the answer."""
    parts = [_answer(found, language), _targets(found.trial.aims, language), _figures(found, language)]
    parts.append(_trials(found, language))
    if found.trial.section is not None:
        parts.append(stages(found.trial.section, language))
    return "\n\n".join(part for part in parts if part)


def _answer(found: Design, language: str) -> str:
    words = {
        "stages": tr("Stages", language),
        "o_a": tr("Least O/A", language),
        "saponification": tr("Saponification", language),
        "strip_acid": tr("Strip acid per equivalent of metal", language),
        "scrub_ratio": tr("Scrub liquor per organic", language),
    }
    value = percent(found.value) if found.unit == "share" else number(found.value)
    value = f"{found.value:.0f}" if found.question == "stages" else value
    return f"{words[found.question]}, {_section(found.section, language)}: {value}"


def _section(name: str, language: str) -> str:
    return {
        "extraction": tr("extraction", language),
        "scrubbing": tr("scrubbing", language),
        "stripping": tr("stripping", language),
    }[name]


def _targets(aims: Sequence[Aim], language: str) -> str:
    rows = [[f"{aim.what} {aim.of}".strip(), _reached(aim, aim.wanted), _reached(aim, aim.reached)] for aim in aims]
    return table([tr("target", language), tr("wanted", language), tr("reached", language)], rows)


def _reached(aim: Aim, value: float) -> str:
    if value == inf:
        return "∞"
    if aim.unit == "%":
        return percent(value, 5)
    unit = {"kg/m3": " g/L", "kg/kg": "", "": ""}[aim.unit]
    return f"{value * 1e3:.3g} mg/L" if aim.unit == "kg/m3" and value < 0.1 else f"{number(value)}{unit}"


def _figures(found: Design, language: str) -> str:
    rows = []
    for name, (value, unit) in found.figures.items():
        shown = percent(value) if unit.startswith("share") else number(value)
        told = "" if unit == "share" else unit.removeprefix("share of the ").replace("kg/m3", "g/L")
        rows.append([name, shown, told])
    return table([tr("what follows", language), "", ""], rows)


def _trials(found: Design, language: str) -> str:
    """A dozen trials about the answer, by the target that decides."""
    near = sorted(found.tried, key=lambda one: abs(one.value - found.value))
    picked = sorted([one for one in near if one.aims][:_TRIALS], key=lambda one: one.value)
    heads = [found.question, *(f"{aim.what} {aim.of}".strip() for aim in found.trial.aims)]
    rows = [[f"{one.value:.6g}", *(_reached(aim, aim.reached) for aim in one.aims)] for one in picked]
    return f"{tr('Tried', language)}\n{table(heads, rows)}" if len(rows) > 1 else ""


def stages(section: Section, language: str = "en") -> str:
    """The stage profile of a section: pH, O/A, loading, free extractant, the main metals in both phases (g/L)."""
    rows = section.result.stages
    names = [key.removesuffix("_org_g_L") for key in (rows[0] if rows else {}) if key.endswith("_org_g_L")]
    names.sort(key=lambda name: -max(row[f"{name}_org_g_L"] for row in rows))
    shown = names[:_METALS]
    heads = [tr("stage", language), "pH", "O/A", tr("loading", language), "RH, mol/L"]
    heads += [word for name in shown for word in (f"{name} aq", f"{name} org")]
    body = [
        [
            f"{row['stage']:.0f}", number(row["pH"], 3), number(row["O_A"], 3), percent(row["loading"], 3),
            number(row["free_extractant_mol_L"], 3),
            *(number(row[f"{name}_{phase}_g_L"], 3) for name in shown for phase in ("aq", "org")),
        ]
        for row in rows
    ]  # fmt: skip
    return f"{_section(section.name, language)}, g/L\n{table(heads, body)}"


def circuit(sections: Mapping[str, Section], language: str = "en") -> str:
    """Every section with its stages and what it reaches."""
    parts = []
    for name, section in sections.items():
        parts.append(stages(section, language))
        values = section.result.values
        word = {"extraction": "extracted", "scrubbing": "scrubbed", "stripping": "stripped"}[name]
        shares = {key.removeprefix(f"{word}_"): value for key, value in values.items() if key.startswith(f"{word}_")}
        told = ", ".join(f"{metal} {percent(share)}" for metal, share in shares.items() if share > 0.0)
        parts[-1] += f"\n  {_word(word, language)}: {told}" if told else ""
    return "\n\n".join(parts)


def _word(word: str, language: str) -> str:
    return {
        "extracted": tr("extracted", language),
        "scrubbed": tr("scrubbed", language),
        "stripped": tr("stripped", language),
    }[word]


def sizes(found: Sequence[Size], basis: Sequence[str], language: str = "en") -> str:
    """Mixers and settlers, one column a section, and what they rest on."""
    heads = [tr("one mixer-settler", language), *(_section(one.section, language) for one in found)]
    figures = [
        (tr("number of stages", language), [f"{one.stages}" for one in found]),
        (tr("organic, m3/h", language), [number(one.organic * _HOUR) for one in found]),
        (tr("aqueous, m3/h", language), [number(one.aqueous * _HOUR) for one in found]),
        (tr("internal recycle, m3/h", language), [number(one.recycle * _HOUR) for one in found]),
        (tr("mixer volume, m3", language), [number(one.mixer_volume, 3) for one in found]),
        (tr("mixer diameter and height, m", language), [number(one.mixer_diameter, 3) for one in found]),
        (tr("impeller power, kW", language), [number(one.power * 1e-3, 3) for one in found]),
        (tr("settler area, m2", language), [number(one.settler_area, 3) for one in found]),
        (tr("settler width, m", language), [number(one.settler_width, 3) for one in found]),
        (tr("settler length, m", language), [number(one.settler_length, 3) for one in found]),
        (tr("settler depth, m", language), [number(one.settler_depth, 3) for one in found]),
        (tr("organic inventory, m3", language), [number(one.organic_inventory, 3) for one in found]),
    ]
    rows = [[name, *values] for name, values in figures]
    total = sum(one.organic_inventory * one.stages for one in found)
    told = f"{tr('organic in all mixer-settlers, m3', language)}: {number(total, 3)}"
    return "\n".join([table(heads, rows), "", told, *basis])
