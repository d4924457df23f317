"""Text, whatever file it came from: its sentences, words and tokens, and the passages that it is divided into."""
