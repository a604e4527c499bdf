"""Messages that name a chunk, on two SQS queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sluice.model.chunk import ChunkRef, to_message

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

# What SendMessageBatch takes at most (Amazon SQS API Reference).
_BATCH = 10
# SendMessage, DelaySeconds (same).
_LONGEST_DELAY = 900
# a stub's literals cannot be looped over, hence Any
_DEPTHS: dict[str, Any] = {
    "waiting": "ApproximateNumberOfMessages",
    "active": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}


class SqsQueue:
    """The `Queue` port on SQS.

    Parameters
    ----------
    urls
        Queue URLs by name: ``urgent``, ``standard`` and, to be looked at, ``dead``.
    """

    def __init__(self, client: SQSClient, urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    def send(self, chunks: Sequence[ChunkRef], *, urgent: bool) -> None:
        """Send one message for each chunk.

        Raises
        ------
        RuntimeError
            If SQS took only some of a batch; sending all of them again is harmless.
        """
        url = self._urls["urgent" if urgent else "standard"]
        for start in range(0, len(chunks), _BATCH):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {
                    "Id": str(place),
                    "MessageBody": to_message(chunk),
                    # fair queues: a tenant with many chunks does not hold up the others
                    "MessageGroupId": chunk.job.tenant,
                }
                for place, chunk in enumerate(chunks[start : start + _BATCH])
            ]
            answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
            if answer.get("Failed"):
                raise RuntimeError(f"SQS took only some messages: {answer['Failed'][0].get('Message')}")

    def put_back(self, chunk: ChunkRef, queue_arn: str, seconds: int) -> None:
        """Send a chunk's message anew to the queue that it came from, for after so many seconds; it counts as new."""
        self._client.send_message(
            QueueUrl=self._url(queue_arn),
            MessageBody=to_message(chunk),
            MessageGroupId=chunk.job.tenant,
            DelaySeconds=min(seconds, _LONGEST_DELAY),
        )

    def _url(self, queue_arn: str) -> str:
        name = queue_arn.rsplit(":", 1)[-1]
        return next(url for url in self._urls.values() if url.rsplit("/", 1)[-1] == name)

    def delay(self, queue_arn: str, receipt: str, seconds: int) -> None:
        """Let a received message come again after so many seconds, whatever the queue's own time-out is."""
        url = self._url(queue_arn)
        self._client.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def depths(self) -> dict[str, dict[str, int]]:
        """``{queue: {waiting, active, delayed}}``; approximate, as SQS counts."""
        found = {}
        for name, url in self._urls.items():
            answer = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=list(_DEPTHS.values()))
            found[name] = {word: int(answer["Attributes"][attribute]) for word, attribute in _DEPTHS.items()}
        return found
