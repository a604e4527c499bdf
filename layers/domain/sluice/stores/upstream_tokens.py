"""Bearer tokens of upstreams in DynamoDB, on the jobs table: ``pk = upstreams, sk = token#{upstream}``.

They are of no tenant, as the credentials that they were fetched with, and no call of the API reads them. The table is
encrypted at rest, and a token expires within the hour, as a rule; the credentials themselves are not kept here.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sluice.upstream.tokens import AccessToken

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class DynamoUpstreamTokens:
    """The `Tokens` port on the jobs table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, upstream: str) -> AccessToken | None:
        """The token that was kept last; it may have expired."""
        found = self._table.get_item(Key=_key(upstream), ConsistentRead=True).get("Item")
        return None if found is None else AccessToken(str(found["token"]), float(str(found["good_until"])))

    def keep(self, upstream: str, token: AccessToken) -> None:
        """Keep a token in place of the one before."""
        good_until = Decimal(str(round(token.good_until, 3)))
        item: dict[str, Any] = {
            "token": token.value,
            "good_until": good_until,
            "expires_at": math.ceil(token.good_until),
        }
        self._table.put_item(Item={**_key(upstream), **item})


def _key(upstream: str) -> dict[str, str]:
    return {"pk": "upstreams", "sk": f"token#{upstream}"}
