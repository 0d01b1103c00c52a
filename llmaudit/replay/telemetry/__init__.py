"""What an application's own OpenTelemetry spans say about its stages, live or from a file of traces."""
