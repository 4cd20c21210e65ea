"""Colorization of gray photographs: data, networks, training, scores and figures of one reproducible study."""
