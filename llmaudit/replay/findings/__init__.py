"""What else is wrong, with evidence: one module per probe, each of which holds a PROBE."""
