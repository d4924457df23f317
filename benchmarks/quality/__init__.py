"""The published sets, and the fitting of the confidence; not part of the installed package."""
