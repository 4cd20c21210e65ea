"""From parameters and photographs to weights."""
