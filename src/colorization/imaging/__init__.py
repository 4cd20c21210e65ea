"""Image files → sRGB pixels, for training and for the command alike."""
