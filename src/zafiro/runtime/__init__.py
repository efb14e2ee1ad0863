"""What runs inside a job. Standard library only; imports nothing of ours but its siblings."""
