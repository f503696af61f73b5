"""Papers that are handed in as files: what they are, and where they are kept, by their content.

A file is staged when it comes and kept when it is submitted; what was staged and never submitted
is swept. Its address is its SHA-256, so nothing that a person typed is ever part of a path.
"""
