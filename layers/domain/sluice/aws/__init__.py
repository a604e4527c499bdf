"""Adapters of the ports to AWS, one service per module; those of the jobs table share `stored` and `dynamodb`."""
