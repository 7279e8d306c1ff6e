"""The state: everything the API keeps, as one immutable value, and the step that changes it.

Start at `state.State`. Pure; imports only declared values.
"""
