"""The local platform: AWS and the web edge for the sandboxed environments, one process on loopback."""
