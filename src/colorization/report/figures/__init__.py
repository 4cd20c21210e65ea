"""Every figure of the study, drawn with matplotlib from arrays, tables and descriptions. Nothing here reads a file."""
