"""What `make bench` runs: ratios against peers and against bare SQL, all taken in one run on one machine."""
