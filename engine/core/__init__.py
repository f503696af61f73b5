"""The pure core: values in, values out. No I/O, no wall clock, no randomness, no logging."""
