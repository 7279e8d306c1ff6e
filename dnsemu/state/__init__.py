"""The state: everything that the API stores, as one immutable value, and the step that changes it.

Start at `state.State`; `step.Step` changes it, and `change_feed` delivers what each step committed. Pure; may import
only declared values.
"""
