"""The words of an import and their rules: plain dataclasses that import nothing of ours."""
