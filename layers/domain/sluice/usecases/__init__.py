"""The use cases: everything that callers, workers, the state machine and the sweeper do with jobs and sources."""
