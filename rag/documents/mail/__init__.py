"""Messages and mailboxes: EML, MSG, MBOX, with their attachments as documents of their own."""
