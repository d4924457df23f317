"""Printed pages (PDF, scans, pictures): what is drawn → the lines of a page in reading order → running text."""
