"""Building an index from a folder of documents."""
