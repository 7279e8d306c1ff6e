"""Shapes: pydantic models of what a file may contain, and their conversion to declared values.

Start with `base.py` (the common base, and the texts of errors), `file.py` (a file's sections) and `record_sets.py`.
Imports `config.names`, `errors`, `text`, `rdata`, `model` and `aws`.
"""
