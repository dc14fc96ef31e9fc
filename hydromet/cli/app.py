"""``hydromet VERB``: the verbs, and what every one of them promises.

Data go to the standard output, messages to the standard error; errors end with the exit code of their class and no
traceback; heavy libraries are imported inside the verbs.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

import typer

from hydromet.cli import (
    calibrate,
    carbon,
    check,
    dashboard,
    data,
    examples,
    explain,
    export,
    leach,
    log,
    new,
    pilot,
    plot,
    reconcile,
    recovery,
    run,
    schema,
    show,
    speciate,
    sweep,
    sx,
)
from hydromet.errors import EXIT_BUG, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, HydrometError

if TYPE_CHECKING:
    from collections.abc import Sequence

# Typer carries its own copy of click since 0.27: its errors are reached through the one class that typer exports.
_WrongUsage: Any = typer.BadParameter.__mro__[2]

_HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    name="hydromet",
    no_args_is_help=True,
    add_completion=False,
    context_settings=_HELP,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Simulate hydrometallurgical plants: flowsheet file in, balances, products and recoveries out.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from hydromet import __version__

        typer.echo(f"hydromet {__version__}")
        raise typer.Exit


@app.callback()
def everything(
    debug: bool = typer.Option(False, "--debug", help="Show tracebacks and the solver's log."),
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Options of every verb."""
    del version
    if debug:
        import logging

        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(name)s: %(message)s")
        logging.getLogger("hydromet").setLevel(logging.DEBUG)


for _verb in (
    run.run, check.check, show.show, plot.plot, speciate.speciate, new.new, examples.examples, schema.schema, data.data,
    calibrate.calibrate, recovery.recovery, carbon.carbon, explain.explain, export.export, leach.leach, sweep.sweep,
    pilot.pilot, dashboard.dashboard, reconcile.reconcile,
):  # fmt: skip
    app.command()(_verb)


app.add_typer(sx.app)
app.add_typer(log.app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; the entry point of the installed program."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    # --debug may stand anywhere, as people type it
    if debug:
        given = ["--debug", *(word for word in given if word != "--debug")]
    try:
        code = app(given, prog_name="hydromet", standalone_mode=False)
        sys.stdout.flush()
    except HydrometError as error:
        return _told(error, debug)
    except _WrongUsage as error:
        error.show()
        return EXIT_USAGE
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        # the reader of our output went away, as `head` does: nothing to tell, and nowhere to tell it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except Exception as error:
        return _bug(error, debug)
    if code == EXIT_INTERRUPTED:  # newer versions of typer turn the interrupt into this code
        typer.echo("interrupted", err=True)
    return code if isinstance(code, int) else EXIT_OK


def _told(error: HydrometError, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    typer.echo(str(error), err=True)
    partial = getattr(error, "saved", None)
    if partial:
        typer.echo(f"\nThe result so far is in {partial}", err=True)
    return error.exit_code


def _bug(error: Exception, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    typer.echo(
        f"This is a mistake of hydromet, not yours: {type(error).__name__}: {error}\n"
        "Please report it with the output of the same command and --debug.",
        err=True,
    )
    return EXIT_BUG
