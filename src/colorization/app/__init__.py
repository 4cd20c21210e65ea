"""The `colorize` command, its page and the library, for anybody's photographs. No stage depends on it."""
