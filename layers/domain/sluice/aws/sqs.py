"""Messages about chunks, on three SQS queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sluice.model.chunk import ChunkRef, queue_of, to_message

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

# Limits of SendMessageBatch, and of VisibilityTimeout in ChangeMessageVisibility (Amazon SQS API Reference).
_BATCH = 10
_LONGEST_DELAY = 12 * 3600
# Times that a batch is sent of which SQS has accepted only part.
_TRIES = 3
# Ends the message group of urgent chunks; no tenant's name has a slash.
_URGENT = "/urgent"
# Any, because a type stub's literals cannot be iterated over
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
        Queue URLs by name: those of `queue_of` and, of which only the depth is read, ``dead``.
    """

    def __init__(self, client: SQSClient, urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    def send(self, chunks: Sequence[ChunkRef], *, urgent: bool) -> None:
        """Send one message for each chunk.

        Raises
        ------
        RuntimeError
            If SQS accepts some of them not even at the third time; all can be sent again.
        """
        by_queue: dict[str, list[ChunkRef]] = {}
        for chunk in chunks:
            by_queue.setdefault(queue_of(chunk.phase, urgent=urgent), []).append(chunk)
        for name, some in by_queue.items():
            for start in range(0, len(some), _BATCH):
                entries: list[SendMessageBatchRequestEntryTypeDef] = [
                    {
                        "Id": str(place),
                        "MessageBody": to_message(chunk),
                        # fair queues: a tenant with many chunks does not delay the others, nor its own urgent ones
                        "MessageGroupId": chunk.job.tenant + _URGENT * urgent,
                    }
                    for place, chunk in enumerate(some[start : start + _BATCH])
                ]
                self._send_batch(self._urls[name], entries)

    def _send_batch(self, url: str, entries: list[SendMessageBatchRequestEntryTypeDef]) -> None:
        """Send a batch; what SQS did not accept, because it was throttled inside, alone again."""
        for left in reversed(range(_TRIES)):
            failed = self._client.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")
            if not failed:
                return
            if not left:
                raise RuntimeError(f"SQS accepted only part of a batch: {failed[0].get('Message')}")
            ids = {each["Id"] for each in failed}
            entries = [entry for entry in entries if entry["Id"] in ids]

    def _url(self, queue_arn: str) -> str:
        name = queue_arn.rsplit(":", 1)[-1]
        return next(url for url in self._urls.values() if url.rsplit("/", 1)[-1] == name)

    def delay(self, queue_arn: str, receipt: str, seconds: int) -> None:
        """Make a received message visible again after this many seconds, whatever the queue's own timeout is."""
        url, seconds = self._url(queue_arn), min(seconds, _LONGEST_DELAY)
        self._client.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def depths(self) -> dict[str, dict[str, int]]:
        """Return ``{queue: {waiting, active, delayed}}``; approximate, as SQS counts."""
        depths = {}
        for name, url in self._urls.items():
            answer = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=list(_DEPTHS.values()))
            depths[name] = {state: int(answer["Attributes"][attribute]) for state, attribute in _DEPTHS.items()}
        return depths
