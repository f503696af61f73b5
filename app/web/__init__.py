"""The pages: a file of `pages/` for each, with its templates; assets that are served from here."""
