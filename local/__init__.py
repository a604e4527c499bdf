"""Development only: a local AWS with Sluice on it, and the ``sluice`` command line. Nothing here is deployed."""
