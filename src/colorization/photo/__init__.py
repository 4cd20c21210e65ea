"""Photographs as people have them: any format, size, depth and profile; read, joined with colour, and written."""
