"""The page that tells the whole study: its template, style and script, and what fills them."""
