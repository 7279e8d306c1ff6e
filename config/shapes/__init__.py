"""What may be written: pydantic shapes, and their conversion to declared values."""
