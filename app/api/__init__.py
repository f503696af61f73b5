"""The HTTP API, `/api/v1`: a file of `resources/` for each kind of thing, found by its `router`."""
