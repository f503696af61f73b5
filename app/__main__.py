"""`python -m app`: the command line without an installed script."""

from app.cli import main

if __name__ == "__main__":
    # A process that the server starts reads this file too.
    main()
