"""One logger and one set of metrics for all functions; JSON lines with the job's id in each."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics

logger = Logger(service="sluice")
metrics = Metrics(namespace="Sluice", service="sluice")
