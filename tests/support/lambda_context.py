"""The context that Lambda passes to a handler beside the event."""

from __future__ import annotations

from aws_lambda_powertools.utilities.typing import LambdaContext


class FakeContext(LambdaContext):
    """The context of one invocation, with the attributes that the logger needs."""

    def __init__(self, name: str = "test") -> None:
        self._function_name = name
        self._memory_limit_in_mb = 256
        self._invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
        self._aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """Return a time that is always sufficient."""
        return 30_000
