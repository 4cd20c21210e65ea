"""One folder per model, and their common code."""
