"""What a monitor sees: counts that follow the acts, alerts and who answered for them."""
