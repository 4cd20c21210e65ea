"""The scene classifier, which judges recognisability."""
