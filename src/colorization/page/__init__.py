"""The page of `colorize --serve`: `server` and `routes` answer, `album` keeps photographs, `painting` colours them."""
