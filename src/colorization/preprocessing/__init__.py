"""An archive of photographs → three packed arrays and an index."""
