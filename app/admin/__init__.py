"""What an administrator does: definitions activated, views made anew, what is parked dealt with."""
