"""Alerts sent to addresses that administrators registered, signed as Standard Webhooks says.

Each alert that is raised is sent at least once to each webhook that wants its kind, with the same
`webhook-id` every time; what cannot be delivered for a day is parked as dead.
"""
