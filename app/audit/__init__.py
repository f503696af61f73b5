"""What an auditor works with: finding dossiers, what changed in them, taking them away."""
