"""Errors that a person can act on; the command line prints them without a traceback.

SluiceError
├── NotConnected    no API is configured, or no valid token
├── LoginFailed     the issuer did not sign the person in
├── Unreachable     the API or the issuer did not respond
├── Stalled         a job has not changed within the time allowed
└── RequestFailed   the API responded with a problem (RFC 9457), or S3 rejected an upload
"""

from collections.abc import Mapping
from typing import Any

from sluice_cli.words import describe


class SluiceError(Exception):
    """Base class; the message says what is wrong and what to do next."""


class NotConnected(SluiceError):
    """No API is configured, or there is no valid token to call it with."""


class LoginFailed(SluiceError):
    """The issuer did not sign the person in, or its metadata cannot be used."""


class Unreachable(SluiceError):
    """The API, the issuer, or the address of an upload, did not respond."""


class Stalled(SluiceError):
    """A job that the command line waits on does not change any more."""


class RequestFailed(SluiceError):
    """The API responded with a problem.

    Attributes
    ----------
    status
        The HTTP status.
    problem
        The problem document, or one built from a response that held none.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        super().__init__(describe(problem))
