"""Find the API: the one that the environment names, else the local stack's."""

import os

from local.client import Client
from local.errors import LocalProblem
from local.places import DEFAULT
from local.stack import Stack


def connect() -> Client:
    """Return a client of the API at ``SLUICE_API_URL`` with ``SLUICE_TOKEN``, or of the local stack of ``make up``."""
    api_url, token = os.environ.get("SLUICE_API_URL"), os.environ.get("SLUICE_TOKEN")
    if not api_url:
        stack = Stack.load(DEFAULT)
        return Client(stack.api_url, token or stack.issuer.mint())
    if not token:
        raise LocalProblem("SLUICE_API_URL is set; SLUICE_TOKEN has to hold a token that this API takes.")
    return Client(api_url, token)
