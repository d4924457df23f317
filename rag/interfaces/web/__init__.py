"""The chat, the page that embeds it, and the JSON API."""
