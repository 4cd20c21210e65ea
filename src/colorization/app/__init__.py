"""The `colorize` command, its local page and the Python interface, for any photographs. No stage depends on it."""
