"""The row model that a team declares, and what reads cells by it: cell types, validation, staging."""
