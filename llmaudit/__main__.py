"""`python -m llmaudit` is the `llmaudit` command."""

from llmaudit.cli import main

main()
