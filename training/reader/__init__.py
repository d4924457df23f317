"""Training the reader: data, negatives, the loop, the measuring and the export."""
