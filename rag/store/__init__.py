"""What lies in ``index/``: generations, each with documents, vectors and a lexical index."""
