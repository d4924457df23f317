"""Fitting the weights with which a follow-up is made to stand on its own: dialogues, the fit, the figures."""
