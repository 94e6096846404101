"""Clients of the original SAXSDOG are served in their own words, where a site asks for it."""
