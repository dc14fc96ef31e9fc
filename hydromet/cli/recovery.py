"""``hydromet recovery``: the rates of Delegated Regulation (EU) 2025/606, forms, certificates, frozen bundles."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hydromet.cli.options import DocumentLanguage, Json, echo_json, write_bytes
from hydromet.errors import EXIT_INPUT, EXIT_OK, CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping


def recovery(
    file: Annotated[Path, typer.Argument(help="Recovery case, a flowsheet with a recovery: section, or a bundle.")],
    lint: Annotated[bool, typer.Option("--lint", help="Only the traps met, by code and article.")] = False,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="Numerators and denominators by lot, part, fraction and assay.")
    ] = False,
    countries: Annotated[bool, typer.Option("--countries", help="Targets of all countries side by side.")] = False,
    form: Annotated[
        Path | None, typer.Option("--form", metavar="DIR", help="Write the documentation form there, HTML and XLSX.")
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", metavar="DIR", help="Write a certificate of every lot delivered there."),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", metavar="ZIP", help="Freeze inputs, data, result and documents.")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="FILE is a bundle: check every byte and recompute.")] = False,
    json: Json = False,
    lang: DocumentLanguage = "",
) -> int:  # fmt: skip
    """Recycling efficiency and recovery of materials of waste batteries, with verdicts, uncertainty and losses.

    Example: hydromet recovery flowsheets/recovery_two_recyclers.yaml --form form --bundle filing.zip
    """
    from hydromet.locale import BOTH, known

    if lang and lang != BOTH:
        known(lang)
    if verify:
        return _verified(file, json, lang or "en")
    if form or certificate or bundle:
        result = _documents(file, form, certificate, bundle, lang or BOTH)
        if json:
            echo_json(result)
        return EXIT_OK
    from hydromet.assess.eu_recovery.assess import run

    result = run(file)
    _show(file, result, lint=lint, ledger=ledger, countries=countries, json=json, lang=lang or "en")
    # What the file says against the rules is a mistake in it, though the rates are right.
    return EXIT_INPUT if lint and any(each["state"] == "corrected" for each in result["traps"]) else EXIT_OK


def _show(
    file: Path, result: Mapping[str, Any], *, lint: bool, ledger: bool, countries: bool, json: bool, lang: str
) -> None:
    if json:
        echo_json({"file": str(file), "traps": result["traps"]} if lint else result)
        return
    from hydromet.report import recovery as tables
    from hydromet.report.recovery_tables import countries_table

    shown = tables.traps if lint else tables.ledger if ledger else countries_table if countries else tables.summary
    typer.echo(shown(result, lang))


def _documents(
    file: Path, form: Path | None, certificate: Path | None, bundle: Path | None, lang: str
) -> Mapping[str, Any]:
    """Write what was asked for; nothing is written unless all of it can be made."""
    from hydromet.report.recovery_files import anywhere, certificate_files, form_files

    files: dict[Path, bytes] = {}
    if bundle is not None:
        from hydromet.report.recovery_bundle import bundle as freeze

        if bundle.is_dir():
            raise CommandError("E951", read=f"{bundle}: a folder", expected="the name of a file to write",
                               write=f"--bundle {bundle / 'filing.zip'}")  # fmt: skip
        files[bundle], result = freeze(file, lang)
    else:
        from hydromet.assess.eu_recovery.assess import run

        result = anywhere(run(file))
    if form is not None:
        files |= _named(form, form_files(result, lang))
    if certificate is not None:
        files |= {certificate / name: content for name, content in certificate_files(result, lang).items()}
    for target, content in files.items():
        write_bytes(target, content)
        typer.echo(f"wrote {target}", err=True)
    _unstated(result, form is not None or bundle is not None)
    return result


def _named(form: Path, files: Mapping[str, bytes]) -> dict[Path, bytes]:
    """Where the forms go: into a folder; or, of one family, under the name of a file the user gave."""
    kind = form.suffix.lower()
    chosen = [content for name, content in files.items() if name.endswith(kind)]
    if kind in (".html", ".xlsx") and len(chosen) == 1:
        return {form: chosen[0]}
    return {form / name: content for name, content in files.items()}


def _unstated(result: Mapping[str, Any], told: bool) -> None:
    """W928: fields the form needs and the case does not state."""
    from hydromet.report.recovery_form import forms

    missing = list(dict.fromkeys(name for form in forms(result).values() for name in form["missing"])) if told else []
    if missing:
        code, text = "W928", f"{len(missing)} fields of the form are not stated: {', '.join(missing)}"
        typer.echo(f"{code}  {text}", err=True)


def _verified(file: Path, json: bool, lang: str) -> int:
    from hydromet.report.recovery_bundle import verify

    found = verify(file)
    if json:
        echo_json(found)
        return EXIT_OK
    from hydromet.report.recovery_tables import verified

    typer.echo(verified(found, lang))
    return EXIT_OK
