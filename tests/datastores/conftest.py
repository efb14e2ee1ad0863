from rooms import ctx, db, main, other

__all__ = ["ctx", "db", "main", "other"]
