"""Trained models as ONNX files, which `colorize` runs without torch."""
