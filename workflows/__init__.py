"""Procedure definitions: their model, their loader, their proof and their pictures."""
