/** A member's events, for as long as the page looks through that member's eyes. */

const RETRY_MILLISECONDS = 1000;

export class Stream {
  #source = null;
  #retry = null;

  constructor(url, { onEvent, onLost }) {
    this.url = url;
    this.onEvent = onEvent;
    this.onLost = onLost;
    this.#connect();
  }

  close() {
    clearTimeout(this.#retry);
    this.#source.close();
  }

  #connect() {
    this.#source = new EventSource(this.url);
    this.#source.addEventListener("message", (event) => this.onEvent(JSON.parse(event.data)));
    // EventSource gives up for good on some errors, so connecting again is never left to it.
    this.#source.addEventListener("error", () => {
      this.close();
      this.onLost();
      this.#retry = setTimeout(() => this.#connect(), RETRY_MILLISECONDS);
    });
  }
}
