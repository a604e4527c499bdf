"""Fake upstreams on loopback: real HTTP, with tokens, rate limits and faults on request."""
