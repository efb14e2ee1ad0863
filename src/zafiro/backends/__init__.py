"""Places where work can run, one file each; see zafiro.computes.backend for what they promise."""
