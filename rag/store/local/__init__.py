"""The store in a folder: SQLite, FAISS and tantivy, in generations."""
