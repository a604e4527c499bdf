"""What people get back: refused rows to correct, rows that were loaded, templates to fill in."""
