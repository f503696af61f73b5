"""The HTTP API: the nouns of the command line as resources, with the same JSON keys."""
