"""What every slice stands on. Imports nothing of ours."""
