"""The human study "which one is the photograph?": the page that asks people, and their answers."""
