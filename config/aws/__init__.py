"""Facts about AWS: Regions and places, services' host names and hosted zones, name servers, reserved addresses.

The modules are independent of each other; `data/` holds what they read. Imports only `config.names`, `config.rdata`
and `config.model`.
"""
