"""Views behind the log: fed, rebuilt, swept for what is due; how far they are, and what waits."""
