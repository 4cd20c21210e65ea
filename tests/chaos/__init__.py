"""What a hostile week does to a study, at length: make chaos. The quick tests of the same: tests/test_faults.py."""
