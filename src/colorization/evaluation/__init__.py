"""Measure how good results are: per photograph, over all photographs with intervals, and between models."""
