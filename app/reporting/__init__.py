"""Reports as the circular lays them out, of any past period, as known at any moment."""
