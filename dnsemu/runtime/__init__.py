"""The process: logs, event loop, garbage collection, file limits."""
