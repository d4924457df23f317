"""(question, passages) → where the answer stands in each, which sentences give it, and whether it is there at all."""
