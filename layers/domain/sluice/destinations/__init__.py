"""Destinations of rows: the records table of DynamoDB, and tables of PostgreSQL, behind one Protocol."""
