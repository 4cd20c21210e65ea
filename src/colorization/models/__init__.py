"""The networks: one module a model, its name the same in params.yaml, dvc.yaml and models/<name>.safetensors."""
