"""Where a client is: places, clients, and the locator that turns an address into a place."""
