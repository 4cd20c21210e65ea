"""How good results are: measures per photograph, over all of them, with intervals and between models."""
