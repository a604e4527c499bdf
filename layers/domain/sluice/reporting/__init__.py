"""What people get back: errors to correct, rows that were loaded, templates to fill in.

Each report is imported from its own module: XlsxWriter takes a fifth of a second that most functions never need.
"""
