"""An office at work in virtual time: citizens and officers drawn from a seed, over the real
runtime. Nothing here decides, counts a deadline or says who is late: the engine does."""
