"""One thin script per stage of dvc.yaml: read the parameters, call the package, write the outputs."""
