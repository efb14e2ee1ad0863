"""python -m zafiro."""

from zafiro.cli import main

main()
