"""Adapters of the ports to AWS, one service a module; `stored` and `dynamodb` are shared by those of the jobs table."""
