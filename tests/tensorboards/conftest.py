from rooms import ctx, db, main

__all__ = ["ctx", "db", "main"]
