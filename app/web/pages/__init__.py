"""Every page, one file each, found by its file: it has a `router`."""
