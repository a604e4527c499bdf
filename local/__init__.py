"""The development stack: a local AWS with Sluice on it, fake upstreams, demos. Nothing here is deployed."""
