"""Floors, which need no training: gray and the mean colour."""
