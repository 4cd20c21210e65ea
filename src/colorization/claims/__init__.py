"""The paper's sentences, tested on a run."""
