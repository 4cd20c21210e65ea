"""Packed photographs in batches on a device."""
