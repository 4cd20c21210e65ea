"""Long runs of faults against a whole study: make chaos. The short ones are in tests/stages/test_faults.py."""
