"""Errors, files, processes, parameters and paths for every part. It changes no result, so no stage depends on it."""
