"""Health check operations (H95–H124)."""
