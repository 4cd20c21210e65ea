"""Image files → sRGB pixels, the same for training and the command."""
