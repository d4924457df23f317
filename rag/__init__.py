"""Ask a folder of documents; get the answer in the documents' own words, each quote with its exact place."""

__version__ = "0.1.0"
