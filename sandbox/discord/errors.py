"""What Discord answers when it refuses, by the names it gives its error codes."""

from sandbox.discord.wire import Json


class DiscordError(Exception):
    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def body(self) -> Json:
        body: Json = {"message": self.message, "code": self.code}
        if self.errors is not None:
            body["errors"] = self.errors
        return body


def unauthorized() -> DiscordError:
    return DiscordError(401, 0, "401: Unauthorized")


def not_found() -> DiscordError:
    return DiscordError(404, 0, "404: Not Found")


def not_implemented(what: str) -> DiscordError:
    return DiscordError(501, 0, f"The sandbox does not implement {what}")


def unknown_application() -> DiscordError:
    return DiscordError(404, 10002, "Unknown Application")


def unknown_channel() -> DiscordError:
    return DiscordError(404, 10003, "Unknown Channel")


def unknown_guild() -> DiscordError:
    return DiscordError(404, 10004, "Unknown Guild")


def unknown_member() -> DiscordError:
    return DiscordError(404, 10007, "Unknown Member")


def unknown_message() -> DiscordError:
    return DiscordError(404, 10008, "Unknown Message")


def unknown_role() -> DiscordError:
    return DiscordError(404, 10011, "Unknown Role")


def unknown_user() -> DiscordError:
    return DiscordError(404, 10013, "Unknown User")


def unknown_emoji() -> DiscordError:
    return DiscordError(400, 10014, "Unknown Emoji")


def unknown_webhook() -> DiscordError:
    return DiscordError(404, 10015, "Unknown Webhook")


def unknown_interaction() -> DiscordError:
    return DiscordError(404, 10062, "Unknown interaction")


def unknown_application_command() -> DiscordError:
    return DiscordError(404, 10063, "Unknown application command")


def unknown_command_permissions() -> DiscordError:
    return DiscordError(404, 10066, "Unknown application command permissions")


def unknown_application_emoji() -> DiscordError:
    return DiscordError(404, 10014, "Unknown Emoji")


def too_many_emoji(limit: int) -> DiscordError:
    return DiscordError(400, 30008, f"Maximum number of emojis reached ({limit})")


def too_many_commands(limit: int) -> DiscordError:
    return DiscordError(400, 30032, f"Maximum number of application commands reached ({limit})")


def too_many_roles(limit: int) -> DiscordError:
    return DiscordError(400, 30005, f"Maximum number of server roles reached ({limit})")


def too_many_reactions(limit: int) -> DiscordError:
    return DiscordError(403, 30010, f"Maximum number of reactions reached ({limit})")


def entity_too_large() -> DiscordError:
    return DiscordError(413, 40005, "Request entity too large")


def already_acknowledged() -> DiscordError:
    return DiscordError(400, 40060, "Interaction has already been acknowledged.")


def missing_access() -> DiscordError:
    return DiscordError(403, 50001, "Missing Access")


def not_in_direct_messages() -> DiscordError:
    return DiscordError(403, 50003, "Cannot execute action on a DM channel")


def not_the_author() -> DiscordError:
    return DiscordError(403, 50005, "Cannot edit a message authored by another user")


def empty_message() -> DiscordError:
    return DiscordError(400, 50006, "Cannot send an empty message")


def cannot_message_user() -> DiscordError:
    return DiscordError(403, 50007, "Cannot send messages to this user")


def missing_permissions() -> DiscordError:
    return DiscordError(403, 50013, "Missing Permissions")


def invalid_webhook_token() -> DiscordError:
    return DiscordError(401, 50027, "Invalid Webhook Token")


def invalid_role() -> DiscordError:
    return DiscordError(400, 50028, "Invalid Role")


def invalid_form(errors: Json) -> DiscordError:
    return DiscordError(400, 50035, "Invalid Form Body", errors)


def invalid_field(message: str, *path: str, code: str = "BASE_TYPE_CHOICES") -> DiscordError:
    """One wrong field, named by the keys that lead to it."""
    nested: Json = {"_errors": [{"code": code, "message": message}]}
    for key in reversed(path):
        nested = {key: nested}
    return invalid_form(nested)


def not_an_object(*path: str) -> DiscordError:
    return invalid_field("Only dictionaries may be used in a DictType", *path, code="DICT_TYPE_CONVERT")


def duplicate_command_names(*path: str) -> DiscordError:
    return invalid_field(
        "Application command names must be unique", *path, code="APPLICATION_COMMANDS_DUPLICATE_NAME"
    )


def invalid_guild() -> DiscordError:
    return DiscordError(400, 50055, "Invalid Guild")


def invalid_json() -> DiscordError:
    return DiscordError(400, 50109, "The request body contains invalid JSON.")
