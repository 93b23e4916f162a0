/** Keeps the log at its newest message for as long as the member has not scrolled away from it. */

const BOTTOM_PIXELS = 40;
const TOP_PIXELS = 200;

export class Scroll {
  #viewport;
  #jump;
  #pinned = true;
  // Where it was when it was looked at last.
  #top = 0;
  #unseen = 0;

  constructor(viewport, content, jump, { onTop }) {
    this.#viewport = viewport;
    this.#jump = jump;
    viewport.addEventListener("scroll", () => this.#scrolled(onTop));
    // A picture that has loaded, or a keyboard on a phone, moves what is at the bottom.
    const observer = new ResizeObserver(() => this.settle());
    observer.observe(content);
    observer.observe(viewport);
    jump.addEventListener("click", () => this.toBottom());
  }

  /**
   * Being away from the bottom does not say that somebody scrolled: the log may have grown between the scrolling and
   * its event. Whoever scrolls away from the bottom goes up.
   */
  #scrolled(onTop) {
    const { scrollTop, scrollHeight, clientHeight } = this.#viewport;
    const isAtBottom = scrollHeight - scrollTop - clientHeight < BOTTOM_PIXELS;
    if (isAtBottom || scrollTop < this.#top) this.#pin(isAtBottom);
    this.#top = scrollTop;
    if (scrollTop < TOP_PIXELS) onTop();
  }

  #pin(isPinned) {
    this.#pinned = isPinned;
    // The browser's own keeping of what is seen would look like somebody who scrolls.
    this.#viewport.style.overflowAnchor = isPinned ? "none" : "";
    if (isPinned) this.#seen();
  }

  toBottom() {
    this.#pin(true);
    this.settle();
  }

  /** After every change of what is in the log, or of its size. */
  settle() {
    if (this.#pinned) this.#viewport.scrollTop = this.#viewport.scrollHeight;
    this.#top = this.#viewport.scrollTop;
  }

  /** A message was added; one's own, and what answers it, is always shown. */
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
    this.settle();
  }

  #seen() {
    this.#unseen = 0;
    this.#jump.hidden = true;
  }
}
