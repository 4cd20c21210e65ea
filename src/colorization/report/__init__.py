"""The page about the whole study: its template, style and script, and the code that fills them."""
