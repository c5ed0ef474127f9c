"""The `hotline` command: what an operator asks a running instance. `python -m services.cli --help`."""
