"""What somebody without an account may do: hand in a dossier, look one up, rate it, complain.

Whoever looks a dossier up proves it by a second fact beside the code: a word that was given once,
with the confirmation or on the receipt. `facts.issue` gives one.
"""
