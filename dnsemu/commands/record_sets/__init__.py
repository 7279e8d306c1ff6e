"""Record set operations: change batches, lists, protections.

A change batch is applied in `batch.apply_batch`, in Route 53's order. Start at `change.change_resource_record_sets`,
which checks the members (`member_rules`), converts them (`conversion`) and calls it. `lists` lists record sets,
`protections` protects them against changes.
"""
