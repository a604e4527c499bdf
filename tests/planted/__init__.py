"""Faults that are planted on purpose, to prove that the tests find them: ``python -m tests.planted``."""
