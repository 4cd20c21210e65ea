"""What a hostile week does to a study, in full length: `make chaos`. The quick tests of the same are tests/test_faults.py."""
