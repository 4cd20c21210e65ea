"""The page of `colorize --serve`: `server` runs `app`, whose photographs `album` keeps and `painting` colours."""
