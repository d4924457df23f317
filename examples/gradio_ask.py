"""Through Gradio's own client: the named endpoint ``/ask`` gives the same JSON as ``POST /api/ask``.

python examples/gradio_ask.py http://127.0.0.1:7860 "Who is the foreign minister?"
"""

from __future__ import annotations

import sys

from gradio_client import Client


def main() -> None:
    # Without download_files=False this client takes the path of a quoted document for a file of Gradio's.
    reply = Client(sys.argv[1], verbose=False, download_files=False).predict(sys.argv[2], api_name="/ask")
    for quote in reply["quotes"]:
        print(f"“{quote['exact']}” – {quote['document']['path']}")
    if reply["status"] == "refused":
        print("No clear answer was found.")


if __name__ == "__main__":
    main()
