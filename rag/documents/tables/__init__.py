"""Rows and records: CSV, spreadsheets, JSON, XML; each says what it says with the names of its columns."""
