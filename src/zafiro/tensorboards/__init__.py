"""TensorBoard for the event files a run wrote: started when somebody looks, ended when nobody does."""

NEEDS = ("workspaces", "tracking", "jobs")
FACES = ("rest",)
