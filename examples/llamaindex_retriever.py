"""The passages of an index as LlamaIndex's nodes, each with its exact place.

python examples/llamaindex_retriever.py index/ "Who is the foreign minister?"
"""

from __future__ import annotations

import sys

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

import rag


class ChapterAndVerse(BaseRetriever):
    """Finds passages by meaning and words; a node's text is a slice of the document named in its metadata."""

    def __init__(self, library: rag.Library, limit: int = 5) -> None:
        self._library, self._limit = library, limit
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [
            NodeWithScore(
                node=TextNode(
                    text=quote.exact,
                    start_char_idx=quote.start,
                    end_char_idx=quote.end,
                    metadata={"source": quote.document.path, "sha256": quote.document.sha256},
                ),
                score=quote.score,
            )
            for quote in self._library.search_quotes(query_bundle.query_str, limit=self._limit)
        ]


def main() -> None:
    retriever = ChapterAndVerse(rag.open(sys.argv[1]))
    for found in retriever.retrieve(sys.argv[2]):
        print(f"{found.node.metadata['source']}, {found.node.start_char_idx}: {found.node.text[:100]}")


if __name__ == "__main__":
    main()
