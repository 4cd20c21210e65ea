"""Rows without a network: gray, and the mean colour."""
