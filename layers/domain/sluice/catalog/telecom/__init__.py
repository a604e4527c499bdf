"""Importers of an Indonesian telecommunications company: orders, data lines and network projects."""
