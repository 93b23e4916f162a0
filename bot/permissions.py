"""What the bot may need to be allowed in a channel, by the names that Discord's settings have for it."""

import discord

NEEDED = {
    "view_channel": "View Channels",
    "send_messages": "Send Messages",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
    "add_reactions": "Add Reactions",
}


def missing(permissions: discord.Permissions) -> list[str]:
    return [words for name, words in NEEDED.items() if not getattr(permissions, name)]
