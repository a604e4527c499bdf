"""The error of the development stack."""

from sluice_cli.errors import SluiceError


class LocalProblem(SluiceError):
    """Something about this machine or its local stack that a person can act on; `sluice` prints it as its own."""
