"""The figures of the docs, each measured on this machine: `python -m bench`."""
