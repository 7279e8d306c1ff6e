"""Record set operations: change batches, lists, protections.

Start at `change.change_resource_record_sets`; `batch` applies a batch in Route 53's order.
"""
