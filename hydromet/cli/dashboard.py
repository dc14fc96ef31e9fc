"""``hydromet dashboard``: the operators' screen."""

from __future__ import annotations

import os
from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import Annotated

import typer

from hydromet.errors import CommandError, DeviceError

TOKEN = "HYDROMET_DASHBOARD_TOKEN"  # noqa: S105  # the name of the variable


def dashboard(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any.")] = 8050,
    host: Annotated[
        str, typer.Option("--host", help=f"Another address needs {TOKEN} in the environment.")
    ] = "127.0.0.1",
    name: Annotated[
        list[str] | None, typer.Option("--name", help="Host name by which others know this machine.")
    ] = None,
) -> None:
    """Show a run in the browser: values, trends, gaps, notes. It reads only; the logger does not know of it.

    Example: hydromet dashboard runs/2026-11
    """
    from hydromet.cli.guard import instruments

    instruments()
    import asyncio

    from instruments.dashboard import Dashboard
    from instruments.dashboard.guard import SHORTEST, loopback

    token = os.environ.get(TOKEN, "")
    if not loopback(host) and len(token) < SHORTEST:
        read = f"--host {host} without a token" if not token else f"a token of {len(token)} signs"
        expected = f"{TOKEN} in the environment, of {SHORTEST} signs or more: other machines can reach this address"
        raise CommandError("E671", read=read, expected=expected, write=f"export {TOKEN}=$(openssl rand -hex 16)")
    page = Dashboard(run, host, port, token, tuple(name or ()))

    async def show() -> None:
        try:
            address = await page.start()
        except OSError as error:
            read = f"{host} port {port}: {error.strerror or error}"
            expected = "an address of this machine and a port that nobody listens on"
            raise DeviceError("E672", read=read, expected=expected, write="hydromet dashboard RUN --port 0") from None
        try:
            typer.echo(address)
            typer.echo("Ctrl-C ends it; the logger goes on", err=True)
            await asyncio.Event().wait()
        finally:
            await page.stop()

    asyncio.run(show())
