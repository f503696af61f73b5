"""What people ask to be done: a form, a line or a file of words made into commands and answered."""
