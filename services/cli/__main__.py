"""`hotline status | call | ticket`. The instance is chosen by the settings (`HOTLINE_INSTANCE`, ports, addresses)."""

import asyncio
import logging
from pathlib import Path
from typing import Annotated

import structlog
import typer

from services.cli import call as call_command
from services.cli import status as status_command
from services.cli import ticket as ticket_command
from services.settings import get_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def hotline() -> None:
    """Look into a running instance of hotline95598, and call it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


@app.command()
def status() -> None:
    """Every process, and what Asterisk thinks: phones, queues with members and callers, channels."""
    raise typer.Exit(asyncio.run(status_command.run(get_settings(), typer.echo)))


@app.command()
def call(
    digits: Annotated[str, typer.Option(help="Keys; a comma waits for the next sentence: 1,2 or 2,1,3701204815#")] = "",
    audio: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="WAV to speak, 8 kHz 16-bit mono")
    ] = None,
    number: Annotated[str, typer.Option(help="Caller's number")] = "13800000000",
    seconds: Annotated[float, typer.Option(help="Hang up after this time")] = 90.0,
) -> None:
    """Carry a real SIP call and print what was heard, the keys, the path and the ticket."""
    script = call_command.Script(number=number, keys=call_command.key_groups(digits), audio=audio, limit_s=seconds)
    raise typer.Exit(asyncio.run(call_command.run(get_settings(), script, typer.echo)))


@app.command()
def ticket(number: Annotated[str, typer.Argument(help="16 digits")]) -> None:
    """A ticket and its timeline."""
    raise typer.Exit(asyncio.run(ticket_command.run(get_settings(), number, typer.echo)))


if __name__ == "__main__":
    app(prog_name="hotline")
