"""Procedures, agencies and calendars as values: read from files, checked, compiled."""
