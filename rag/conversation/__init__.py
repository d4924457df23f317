"""A follow-up and the turns before it → questions that stand on their own, by rules, without a language model.

English is understood; a question in another language comes back as it is.
"""

from rag.conversation.rewrite import CandidateRewriter

__all__ = ["CandidateRewriter"]
