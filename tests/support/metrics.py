"""What CloudWatch would count of the lines that a function prints in the embedded metric format."""

from __future__ import annotations

import json
from collections import Counter

from sluice.observability import SERVICE, metrics


def counted(printed: str) -> Counter[str]:
    """Sum each metric of what a function has printed, as an alarm on the namespace and the stack's name sees it."""
    sums: Counter[str] = Counter()
    for line in printed.splitlines():
        if '"_aws"' not in line:
            continue
        said = json.loads(line)
        for directive in said["_aws"]["CloudWatchMetrics"]:
            assert (directive["Namespace"], directive["Dimensions"]) == (metrics.namespace, [["service"]])
            assert said["service"] == SERVICE
            for metric in directive["Metrics"]:
                value = said[metric["Name"]]
                sums[metric["Name"]] += sum(value) if isinstance(value, list) else value
    return sums
