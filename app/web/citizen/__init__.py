"""What the citizens' pages show and read; beside them, so that its words are in the catalogues."""
