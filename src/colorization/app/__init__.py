"""The `colorize` command, its page and the library: trained models colorize anybody's photographs. No stage depends on it."""
