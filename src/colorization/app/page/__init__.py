"""The page of `colorize --serve`: `server` and `routes` answer it, `album` holds photographs, `painting` colours them."""
