"""One module per subject; `app.cli` says which command is where."""
