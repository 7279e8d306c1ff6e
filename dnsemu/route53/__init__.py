"""Route 53's protocol, REST-XML of 2013-04-01: requests become operations with parameters, responses become XML.

Start at `endpoint`: it routes (`routing`), verifies (`signature`), parses (`parsing`, `xml_document`), validates
(`validation`, `facets`, `invalid_input`), refuses what no command carries out (`not_implemented`), and renders
(`rendering`), all by the service model (`model`). The operations themselves are in `dnsemu.commands`.
May import: runtime, store, commands, faults, control.
"""
