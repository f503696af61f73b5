"""The published language: what crosses a process boundary, and how it becomes bytes."""
