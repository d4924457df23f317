"""An optional language model behind an endpoint that speaks as OpenAI's does; nothing else needs it.

client    the endpoint (the only file that imports openai)
writer    quotes → a short text, each sentence checked against the quotes that it points to
rewriter  a follow-up and the turns before it → a question that stands on its own
"""
