"""A follow-up and the turns before it → a question that stands on its own, without a language model.

English is understood; a question in another language comes back as it is.
"""

from rag.conversation.rewrite import standalone

__all__ = ["standalone"]
