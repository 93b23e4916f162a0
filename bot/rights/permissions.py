"""What the bot may need to be allowed in a channel, by the names that Discord's settings have for it."""

import discord

NEEDED = {
    "view_channel": "View Channels",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
    "add_reactions": "Add Reactions",
}


def missing(permissions: discord.Permissions, *, in_thread: bool) -> list[str]:
    """To write in a thread takes another permission than to write in its channel."""
    needless = "send_messages" if in_thread else "send_messages_in_threads"
    return [words for name, words in NEEDED.items() if name != needless and not getattr(permissions, name)]
