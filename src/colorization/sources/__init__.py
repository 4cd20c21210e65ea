"""Sources of photographs: each writes one reproducible archive, data/raw/photos.zip."""
