"""`python -m runbooks.cli`."""

from runbooks.cli.main import main

main()
