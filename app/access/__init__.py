"""Who may do what: who asks (`principal`), what is asked (`policy`), and the one place where
the two meet (`needs`)."""
