"""The gate for continuous integration: what calls cost now against a baseline, and whether a limit is broken."""
