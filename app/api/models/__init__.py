"""What answers and bodies look like, for the OpenAPI document and for decoding bodies.

Answers are made as plain values (`app/plain/`) and are not checked against these at run time; the
tests check that they conform. All moments are ISO 8601 with an offset.
"""
