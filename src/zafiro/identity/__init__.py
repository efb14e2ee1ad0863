"""Who calls: signed tokens, the endpoints that give them out, and who may do what."""

NEEDS = ()
FACES = ("rest",)
