"""Black-box acceptance tests of the command line: a subprocess, its answer, and the store file it leaves."""
