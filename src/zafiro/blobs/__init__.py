"""Azure Blob Storage over plain files: what clients, jobs and people read and write."""

NEEDS: tuple[str, ...] = ()
FACES = ("rest",)
LOOPS: tuple[str, ...] = ("loop",)
