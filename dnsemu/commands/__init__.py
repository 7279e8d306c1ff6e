"""The operations of the Route 53 API, as pure steps from one state to the next: no HTTP, no XML, no clock, no dice.

Start at `registry`, which lists every operation with the function that runs it; all have the signature
`context.Command`. A change batch is applied in `record_sets.batch`. Errors are classes in `errors`. The other modules
are named for the resources that they are about. May import: state.
"""
