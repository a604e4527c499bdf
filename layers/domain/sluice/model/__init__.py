"""The model: jobs, states, chunks, counts, events and errors as plain dataclasses with their rules."""
