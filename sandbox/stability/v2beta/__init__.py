"""The current API: multipart in, and a picture, JSON or an id out."""
