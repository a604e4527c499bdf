"""Files that people download: rejected rows to correct, loaded rows, results of lookups, templates to fill in."""
