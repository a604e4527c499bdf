"""The ``sluice`` command line, a client of the public API; imports neither the library nor the development stack."""
