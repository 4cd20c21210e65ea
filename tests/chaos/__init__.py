"""What a hostile week does to a study, at length: make chaos. In short: tests/stages/test_faults.py."""
