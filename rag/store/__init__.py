"""What lies in ``index/``: generations, each with a catalogue, vectors and a lexical index."""
