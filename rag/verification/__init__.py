"""Quotes held against the documents."""
