"""What results were made of: written down beside them, and found again."""
