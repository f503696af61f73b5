"""The engine: a pure core, the event log, and the runtime that joins them."""
