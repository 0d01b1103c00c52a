"""Analyses: the store in, an answer out. A `.py` and `.sql` files each; nothing here prints or divides money away."""
