"""Probes: one attempt at an endpoint is resolve, connect, ask, judge. Time limits are real time.

Start at `prober.Prober`. `partitions` says which checkers are cut off from which networks.
"""
