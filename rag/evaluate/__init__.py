"""Quality on labelled questions: published sets, and the user's own.

data        reading the sets
metrics     answer F1, area under the curve, calibration error, coverage of characters
report      what a set's evaluation gives, as a table and as JSON
run         what an evaluation works with
command     ``rag eval``: choosing the sets, measuring, printing
squad2      answers and refusals, one paragraph a question
clapnq      which sentences answer, and refusals
excerpts    do the quotes cover the marked excerpts and nothing else, over an index
haystack    finding the paragraph among 21,000, and quoting it
followups   making a follow-up stand on its own (``turns`` reports it)
own         the user's own questions over the user's own index
samples     held-out questions in situations like the users'
calibrate   fitting the weights of ``rag/calibration.py`` to them (``logistic``, ``sentences``)
plots       pictures (the only file that imports matplotlib)
"""
