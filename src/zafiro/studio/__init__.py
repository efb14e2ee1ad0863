"""The studio: pages in a browser, the read API behind them, and the built files themselves."""

NEEDS = (
    "workspaces",
    "identity",
    "assets",
    "environments",
    "computes",
    "tracking",
    "registry",
    "jobs",
)
FACES = ("rest",)
HOOKS = ("workspace",)
