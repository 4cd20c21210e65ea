"""The engine: one photograph in, coloured out (read, prepare, predict, join, write). No stage depends on it."""
