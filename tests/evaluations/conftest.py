"""The whole API in this process, on each database."""

from app.conftest import client, ctx, main, zafiro

__all__ = ["client", "ctx", "main", "zafiro"]
