"""The passages of an index as LangChain's documents, each with its exact place.

python examples/langchain_retriever.py index/ "Who is the foreign minister?"
"""

from __future__ import annotations

import sys
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

import rag


class ChapterAndVerse(BaseRetriever):
    """Finds passages by meaning and words; ``page_content`` is a slice of the document named in ``metadata``."""

    library: Any
    limit: int = 5

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [
            Document(
                page_content=quote.exact,
                metadata={
                    "source": quote.document.path,
                    "sha256": quote.document.sha256,
                    "start": quote.start,
                    "end": quote.end,
                    "score": quote.score,
                },
            )
            for quote in self.library.search_quotes(query, limit=self.limit)
        ]


def main() -> None:
    retriever = ChapterAndVerse(library=rag.open(sys.argv[1]))
    for found in retriever.invoke(sys.argv[2]):
        print(f"{found.metadata['source']}, {found.metadata['start']}: {found.page_content[:100]}")


if __name__ == "__main__":
    main()
