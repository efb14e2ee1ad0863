"""The runner: what runs inside a job on any node. Standard library only, Python >= 3.8.

Imports nothing of ours and nobody imports it: it is packed into one archive (see
`zafiro.backends.runner_archive`) and speaks with the server through the execution API alone.
Start-up time is user-visible, so what is not always needed is imported where it is needed.
"""
