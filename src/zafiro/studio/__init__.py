"""The studio: pages in a browser, the read API behind them, and the built files themselves."""

NEEDS = ("workspaces", "identity", "assets", "computes", "tracking", "jobs")
FACES = ("rest",)
HOOKS = ("workspace",)
