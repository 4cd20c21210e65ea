"""Where photographs come from: each source ends in one reproducible archive, data/raw/photos.zip."""
