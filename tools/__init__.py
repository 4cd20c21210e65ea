"""What is run by hand, not by dvc: diff of two revisions, repair of dvc's files, publishing a run, bundling a model."""
