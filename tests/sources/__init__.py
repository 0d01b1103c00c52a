"""Tests of where bytes come from: local files and archives, and S3 as a real server over a socket."""
