"""One folder per model, and what they have in common."""
