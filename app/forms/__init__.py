"""The statutory forms 01 to 06 of a dossier, as its events say them.

`form_of` (in `app.forms.form`) is pure: events and law in, a `FormContent` out. So a form that is
printed again years later is the one that was handed out. `app.forms.paper` makes HTML and PDF
of it.
"""
