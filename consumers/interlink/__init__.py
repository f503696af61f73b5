"""The two ends of a handover between engines: each sends from its own log, and takes what the
other sends as commands for it. See `docs/decisions/0005-two-engines.md`.
"""
