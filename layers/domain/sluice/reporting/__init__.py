"""What people get back: rejected rows to correct, rows that were loaded, templates to fill in."""
