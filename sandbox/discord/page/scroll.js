/** Keeps the log at its newest message for as long as the member has not scrolled away from it. */

const BOTTOM_PIXELS = 40;
const TOP_PIXELS = 200;

export class Scroll {
  #viewport;
  #jump;
  #pinned = true;
  #unseen = 0;

  constructor(viewport, content, jump, { onTop }) {
    this.#viewport = viewport;
    this.#jump = jump;
    viewport.addEventListener("scroll", () => {
      this.#pinned = viewport.scrollHeight - viewport.scrollTop - viewport.clientHeight < BOTTOM_PIXELS;
      if (this.#pinned) this.#seen();
      if (viewport.scrollTop < TOP_PIXELS) onTop();
    });
    // A picture that has loaded, or a keyboard on a phone, moves what is at the bottom.
    const observer = new ResizeObserver(() => this.#pinned && this.toBottom());
    observer.observe(content);
    observer.observe(viewport);
    jump.addEventListener("click", () => this.toBottom());
  }

  toBottom() {
    this.#pinned = true;
    this.#viewport.scrollTop = this.#viewport.scrollHeight;
    this.#seen();
  }

  /** A message was added; one's own is always shown. */
  added({ mine }) {
    if (this.#pinned || mine) {
      this.toBottom();
      return;
    }
    this.#unseen += 1;
    const messages = this.#unseen === 1 ? "1 new message" : `${this.#unseen} new messages`;
    this.#jump.querySelector("span").textContent = messages;
    this.#jump.hidden = false;
  }

  /** Runs `change`, which adds something above, without moving what is seen. */
  keep(change) {
    const fromBottom = this.#viewport.scrollHeight - this.#viewport.scrollTop;
    change();
    this.#viewport.scrollTop = this.#viewport.scrollHeight - fromBottom;
  }

  #seen() {
    this.#unseen = 0;
    this.#jump.hidden = true;
  }
}
