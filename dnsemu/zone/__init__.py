"""Hosted zones compiled for look-up, and the look-up itself (routing.md §2). No sockets, no health, no policies."""
