"""What Route 53's operations mean: pure steps from one state to the next. No HTTP, no XML, no clock, no dice."""
