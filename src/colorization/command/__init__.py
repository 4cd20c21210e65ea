"""The `colorize` command: it finds files, chooses their results and calls the engine. No stage depends on it."""
