"""Policies of the checkout service."""
