"""Location of clients: from an address to a place on Earth and to CIDR locations.

Start at `locator.Locator`, which turns a client's network into a `client.Located`. `place` makes places of database
records, declarations and names; `scopes` computes the ECS scope of an answer; `prefix_table` and `memo` are the data
structures below them. Imports `config` and `policies.geodata`.
"""
