"""Pictures of a dossier as SVG that the server makes: the way it walked, and who had it when.

Values to text, pure. Attributes only, no style and no script, so that a page with a strict content
policy may hold them; every picture has a table or list of the same facts beside it.
"""
