"""Sluice: spreadsheet and CSV imports for products that live on AWS."""
