"""Discord's REST API, version 10: the part that a bot like this one uses."""
