"""A shop in two Regions, with a check of every kind; what is forced in these tests is declared here."""

from dnsemu.config.file.load import load_text

WEST_LB, EAST_LB = "lb.us-west-2.elb.amazonaws.com", "lb.us-east-1.elb.amazonaws.com"

WORLD = f"""
health_checks:
  - {{id: web-1, type: TCP, ip_address: 192.0.2.1, port: 80}}
  - {{id: web-2, type: TCP, ip_address: 192.0.2.2, port: 80}}
  - {{id: db-1, type: TCP, ip_address: "2001:db8::1", port: 80}}
  - {{id: named, type: TCP, fully_qualified_domain_name: app.test, port: 80}}
  - {{id: t-a, type: TCP, ip_address: 198.51.100.1, port: 80}}
  - {{id: t-b, type: TCP, ip_address: 198.51.100.2, port: 80}}
  - {{id: t-c, type: TCP, ip_address: 198.51.100.3, port: 80}}
  - {{id: alarm, type: CLOUDWATCH_METRIC, alarm_identifier: {{region: eu-west-1, name: cpu}}}}
  - {{id: both, type: CALCULATED, child_health_checks: [web-1, web-2], health_threshold: 1}}
  - {{id: spare, type: TCP, ip_address: 203.0.113.9, port: 80}}
  - {{id: bias, type: TCP, ip_address: 203.0.113.10, port: 80}}
  - {{id: far, type: TCP, ip_address: 203.0.113.11, port: 80}}
resources:
  - dns_name: {EAST_LB}
    kind: application-load-balancer
    targets:
      - {{address: 10.0.0.1, availability_zone: use1-az1, health_check_id: t-a}}
      - {{address: 10.0.0.2, availability_zone: use1-az2, health_check_id: t-b}}
  - dns_name: {WEST_LB}
    kind: application-load-balancer
    targets: [{{address: 10.0.1.1, availability_zone: usw2-az1, health_check_id: t-c}}]
hosted_zones:
  - name: shop.test
    record_sets:
      - {{name: www, type: A, set_identifier: us, region: us-east-1, alias_target: {{dns_name: east.shop.test, evaluate_target_health: true}}}}
      - {{name: www, type: A, set_identifier: eu, region: eu-west-1, health_check_id: named, ttl: 60, resource_records: [192.0.2.77]}}
      - {{name: east, type: A, set_identifier: p, failover: PRIMARY, health_check_id: web-1, ttl: 60, resource_records: [192.0.2.1]}}
      - {{name: east, type: A, set_identifier: s, failover: SECONDARY, health_check_id: spare, ttl: 60, resource_records: [192.0.2.9]}}
      - {{name: geo, type: A, set_identifier: a, geo_proximity_location: {{aws_region: eu-west-1}}, health_check_id: bias, ttl: 60, resource_records: [192.0.2.10]}}
      - {{name: geo, type: A, set_identifier: b, geo_proximity_location: {{aws_region: eu-west-2}}, health_check_id: far, ttl: 60, resource_records: [192.0.2.11]}}
"""


def world(text=WORLD):
    return load_text("shop.yaml", text).world
