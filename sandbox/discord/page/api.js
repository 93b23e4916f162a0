/** The members' API; ../README.md describes it. */

export class ApiError extends Error {
  constructor(status, body) {
    super(reasons(body.errors).join(" ") || body.message || `The server answered ${status}.`);
  }
}

/** Discord nests what is wrong as deep as the field it is about. */
function reasons(errors) {
  if (errors === null || typeof errors !== "object") return [];
  return Object.entries(errors).flatMap(([key, value]) =>
    key === "_errors" ? value.map((error) => error.message) : reasons(value),
  );
}

async function call(method, path, body) {
  const json = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, { method, ...(body === undefined ? {} : json) }).catch(() => {
    throw new ApiError(0, { message: "The server cannot be reached." });
  });
  if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => ({})));
  return response.status === 204 ? null : response.json();
}

async function put(file, { id, upload_url: url, upload_filename: name }) {
  const response = await fetch(url, { method: "PUT", body: file }).catch(() => null);
  if (!response?.ok) throw new ApiError(response?.status ?? 0, { message: `${file.name} was not uploaded.` });
  return { id: String(id), filename: file.name, uploaded_filename: name };
}

export function fetchWorld() {
  return call("GET", "/sandbox/world");
}

export class MemberApi {
  #path;

  constructor(memberId) {
    this.#path = `/sandbox/members/${memberId}`;
    this.eventsUrl = `${this.#path}/events`;
  }

  inviteBot(guildId) {
    return call("PUT", `${this.#path}/guilds/${guildId}/bot`);
  }

  removeBot(guildId) {
    return call("DELETE", `${this.#path}/guilds/${guildId}/bot`);
  }

  giveRole(guildId, userId, roleId) {
    return call("PUT", `${this.#path}/guilds/${guildId}/members/${userId}/roles/${roleId}`);
  }

  takeRole(guildId, userId, roleId) {
    return call("DELETE", `${this.#path}/guilds/${guildId}/members/${userId}/roles/${roleId}`);
  }

  channels() {
    return call("GET", `${this.#path}/channels`);
  }

  commands(channelId) {
    return call("GET", `${this.#channel(channelId)}/commands`);
  }

  /** Oldest first, and with `before` only those that are older. */
  messages(channelId, { limit, before }) {
    const query = new URLSearchParams({ limit, ...(before ? { before } : {}) });
    return call("GET", `${this.#channel(channelId)}/messages?${query}`);
  }

  say(channelId, content, attachments) {
    return call("POST", `${this.#channel(channelId)}/messages`, { content, attachments });
  }

  /** Sends files beforehand and resolves to what names them: each by its place among them. */
  async upload(channelId, files) {
    if (files.length === 0) return [];
    const asked = files.map((file, id) => ({ id, filename: file.name, file_size: file.size }));
    const { attachments } = await call("POST", `${this.#channel(channelId)}/attachments`, { files: asked });
    return Promise.all(attachments.map((place, at) => put(files[at], place)));
  }

  remove(message) {
    return call("DELETE", this.#message(message));
  }

  react(message, emoji) {
    return call("PUT", this.#reaction(message, emoji));
  }

  unreact(message, emoji) {
    return call("DELETE", this.#reaction(message, emoji));
  }

  interact(channelId, body) {
    return call("POST", `${this.#channel(channelId)}/interactions`, body);
  }

  #channel(channelId) {
    return `${this.#path}/channels/${channelId}`;
  }

  #message(message) {
    return `${this.#channel(message.channel_id)}/messages/${message.id}`;
  }

  #reaction(message, emoji) {
    const name = emoji.id ? `${emoji.name}:${emoji.id}` : emoji.name;
    return `${this.#message(message)}/reactions/${encodeURIComponent(name)}`;
  }
}
