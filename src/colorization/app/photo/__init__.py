"""Read, recolour and write photographs of any size and format."""
