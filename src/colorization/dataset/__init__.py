"""Batches of packed photographs on a device."""
