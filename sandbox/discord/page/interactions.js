/** What was asked of the bot, until the bot has answered. */

import { locale } from "./locale.js";
import { newNonce } from "./snowflake.js";

export const COMMAND = 2;
export const COMPONENT = 3;
const AUTOCOMPLETE = 4;
export const MODAL_SUBMIT = 5;

// Discord tells after 3 seconds; more than that means that its telling was lost with a connection.
const GIVE_UP_MILLISECONDS = 10_000;

export class InteractionFailed extends Error {}

export class Interactions {
  #api;
  #pending = new Map();

  constructor(api) {
    this.#api = api;
  }

  /**
   * Resolves once the bot answered: to the modal that it opened, if it did.
   *
   * Throws InteractionFailed if it did not answer, ApiError if it was not asked.
   */
  async send(channelId, body) {
    const nonce = newNonce();
    let giveUp;
    const answer = new Promise((resolve, reject) => {
      giveUp = setTimeout(() => reject(new InteractionFailed()), GIVE_UP_MILLISECONDS);
      this.#pending.set(nonce, { resolve, reject });
    });
    try {
      // The answer may come by the event stream before the request is over.
      const [, modal] = await Promise.all([
        this.#api.interact(channelId, { ...body, nonce, locale }),
        answer,
      ]);
      return modal;
    } finally {
      clearTimeout(giveUp);
      this.#pending.delete(nonce);
    }
  }

  async complete(channelId, data) {
    const body = { type: AUTOCOMPLETE, data, nonce: newNonce(), locale };
    return (await this.#api.interact(channelId, body)).choices;
  }

  take(type, data) {
    const pending = this.#pending.get(data.nonce);
    if (pending === undefined) return;
    if (type === "INTERACTION_FAILURE") {
      pending.reject(new InteractionFailed(data.reason));
    } else if (type === "INTERACTION_SUCCESS") {
      pending.resolve();
    } else if (type === "INTERACTION_MODAL_CREATE") {
      pending.resolve(data);
    }
  }
}
