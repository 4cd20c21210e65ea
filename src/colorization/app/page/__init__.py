"""The page of `colorize --serve`: `server` and `routes` answer, `album` holds photographs, `painting` colours them."""
