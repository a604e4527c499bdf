"""Demos of a local stack, each one ``make`` target."""
