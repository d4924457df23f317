"""How well it answers: the questions of a user, over his own documents."""
