"""What Sluice does, one verb a file."""
