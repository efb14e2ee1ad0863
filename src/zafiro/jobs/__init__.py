"""Jobs: a command, run once on a compute, and what became of it."""

NEEDS = (
    "workspaces",
    "identity",
    "datastores",
    "assets",
    "environments",
    "computes",
    "tracking",
)
FACES = ("arm", "execution", "rest")
LOOPS = ("loop",)
HOOKS = ("workspace",)
