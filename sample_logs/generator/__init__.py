"""The sample-log generator: texts, tokens, applications, providers' bodies, and the month they add up to."""
