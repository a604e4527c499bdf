"""The `sluice` command line: a client of the public API, a distribution of its own (`sluice-cli`)."""
