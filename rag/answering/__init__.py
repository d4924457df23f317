"""Hits → an answer in quotes, or a refusal."""
