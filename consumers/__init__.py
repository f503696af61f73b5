"""Subscriptions to the log and everything they keep: views, alerts, the relay."""
