"""What Discord refuses, as functions that only look at what they are given."""
