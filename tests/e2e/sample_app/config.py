"""Settings of the checkout service."""

PRICES_HOST = "api.shop.test"
TIMEOUT_S = 2.0
