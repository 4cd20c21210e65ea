"""Which one is the photograph? The page that asks people, and their answers."""
