"""Facts about AWS: Regions and places, services' host names and hosted zones, name servers, reserved addresses."""
