"""What is looked at as plain values, with the JSON keys that scripts rely on: the same on the
command line and over HTTP. Nothing heavy is imported here, so that commands start quickly."""
