"""What a team declares: importers, sources, lookups, and cell types of their own.

A declaration is one file here and a line in `registry.py`. Start with `products.py` and `dealers.py`; the folders hold
those of larger systems.
"""
