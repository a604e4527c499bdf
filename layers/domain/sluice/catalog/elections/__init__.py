"""Voters of South Africa, and the electoral commission that each of them is looked up at."""
