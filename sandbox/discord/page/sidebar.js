/** Channels to open and members to be; both are links of the page's address. */

import { avatar } from "./avatar.js";
import { nameOf } from "./directory.js";
import { h, icon } from "./dom.js";

export class Sidebar {
  #element;
  #toggle;
  #backdrop;

  constructor({ element, toggle, backdrop }) {
    this.#element = element;
    this.#toggle = toggle;
    this.#backdrop = backdrop;
    toggle.addEventListener("click", () => this.#setOpen(toggle.getAttribute("aria-expanded") !== "true"));
    backdrop.addEventListener("click", () => this.#setOpen(false));
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || backdrop.hidden) return;
      this.#setOpen(false);
      toggle.focus();
    });
    element.addEventListener("click", (event) => event.target.closest("a") && this.#setOpen(false));
  }

  show({ directory, channels, open, me, unread, botOnline }) {
    const link = (channel) =>
      this.#channel(channel, { directory, open, me, unread: unread.get(channel.id), botOnline });
    this.#part(".guild").textContent = directory.guild.name;
    this.#part(".text-channels").replaceChildren(...channels.filter((one) => one.type === 0).map(link));
    this.#part(".direct-messages").replaceChildren(...channels.filter((one) => one.type !== 0).map(link));
    const focused = document.activeElement?.name === "member";
    this.#part(".members").replaceChildren(
      ...directory.members.map((member) => this.#member(member, me, open)),
    );
    if (focused) this.#part(".members input:checked").focus();
  }

  /** Only has an effect where the window is too narrow for both. */
  #setOpen(isOpen) {
    this.#toggle.setAttribute("aria-expanded", String(isOpen));
    this.#element.classList.toggle("open", isOpen);
    this.#backdrop.hidden = !isOpen;
    if (isOpen) this.#part("a[aria-current]")?.focus();
  }

  #part(selector) {
    return this.#element.querySelector(selector);
  }

  #channel(channel, { directory, open, me, unread = 0, botOnline }) {
    const isDirect = channel.type !== 0;
    const badge = h("span", { class: "badge", "aria-label": `${unread} unread` }, String(unread));
    const status = h("span", { class: `status ${botOnline ? "online" : ""}` });
    return h(
      "li",
      {},
      h(
        "a",
        {
          href: `#${me.id}/${channel.id}`,
          class: unread ? "unread" : "",
          "aria-current": channel.id === open?.id ? "page" : null,
        },
        isDirect ? h("span", { class: "presence" }, avatar(directory.bot, "small"), status) : icon("hash"),
        h("span", { class: "channel-name" }, isDirect ? nameOf(directory.bot) : channel.name),
        isDirect ? h("span", { class: "visually-hidden" }, botOnline ? ", online" : ", offline") : null,
        unread ? badge : null,
      ),
    );
  }

  #member({ user, about }, me, open) {
    const choose = () => {
      location.hash = `${user.id}/${open?.type === 0 ? open.id : ""}`;
    };
    return h(
      "label",
      { class: "member" },
      h("input", {
        type: "radio",
        name: "member",
        value: user.id,
        checked: user.id === me.id,
        onchange: choose,
      }),
      avatar(user, "small"),
      h("span", {}, h("strong", {}, nameOf(user)), h("small", {}, about)),
    );
  }
}
