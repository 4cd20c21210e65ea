"""Photographs of any size and format: read, planned, recoloured, written."""
