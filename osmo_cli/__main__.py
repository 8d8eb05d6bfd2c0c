"""`python -m osmo_cli`."""

from osmo_cli.main import main

main()
