"""Code that all models share."""
