"""Route 53's protocol, REST-XML of 2013-04-01: what a request asks for, and how answers are spelled.

It knows no hosted zones and no rules across fields: what an operation means is said in `dnsemu.commands`.
"""
