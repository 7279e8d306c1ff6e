"""Small notations that users write: durations, times, socket addresses."""
