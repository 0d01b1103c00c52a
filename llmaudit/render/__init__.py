"""A result in, text out. Rounding happens here and nowhere else."""
