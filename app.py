"""Start the chat: ``python app.py``, here or as a Hugging Face Space; takes what ``rag serve`` takes."""

import sys

from rag.interfaces.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["serve", *sys.argv[1:]]))
