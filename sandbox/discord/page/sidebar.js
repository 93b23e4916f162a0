/** Servers and channels to open, and members to be; all are links of the page's address. */

import { avatar } from "./avatar.js";
import { nameOf } from "./directory.js";
import { h, icon } from "./dom.js";
import { botRow, roleChips, rolesButton } from "./manage.js";
import { serverLinks } from "./servers.js";

export class Sidebar {
  #element;
  #toggle;
  #backdrop;
  #onGo;

  /** `onGo` is called with the part of the page's address that a link or a member leads to. */
  constructor({ element, toggle, backdrop, onGo }) {
    this.#element = element;
    this.#toggle = toggle;
    this.#backdrop = backdrop;
    this.#onGo = onGo;
    toggle.addEventListener("click", () => this.#setOpen(toggle.getAttribute("aria-expanded") !== "true"));
    backdrop.addEventListener("click", () => this.#setOpen(false));
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || backdrop.hidden) return;
      this.#setOpen(false);
      toggle.focus();
    });
    element.addEventListener("click", (event) => {
      const { target, detail } = event;
      const link = target.closest("a");
      if (link && !isForAnotherTab(event)) {
        event.preventDefault();
        onGo(link.hash);
      }
      // Arrow keys, too, click what they reach; they have no detail, and who uses them goes on choosing.
      if (link || (detail && target.closest("label"))) this.#setOpen(false);
    });
  }

  show(shown) {
    const { directory, channels, open, me, unread, botOnline } = shown;
    const link = (channel) =>
      this.#channel(channel, { directory, open, me, unread: unread.get(channel.id), botOnline });
    this.#part(".guild").textContent = directory.guild.name;
    const here = channels.filter((one) => one.type === 0 && one.guild_id === directory.guild.id);
    this.#part(".servers ul").replaceChildren(...serverLinks(shown));
    this.#part(".text-channels").replaceChildren(...here.map(link));
    this.#part(".direct-messages").replaceChildren(...channels.filter((one) => one.guild_id === null).map(link));
    const { name, dataset } = document.activeElement ?? {};
    this.#part(".members").replaceChildren(...directory.members.map((member) => this.#member(member, shown)));
    this.#part(".bot").replaceChildren(botRow(shown));
    if (name === "member") this.#part(".members input:checked").focus();
    if (dataset?.rolesOf) this.#part(`[data-roles-of="${dataset.rolesOf}"]`)?.focus();
  }

  /** Only has an effect where the window is too narrow for both. */
  #setOpen(isOpen) {
    this.#toggle.setAttribute("aria-expanded", String(isOpen));
    this.#element.classList.toggle("open", isOpen);
    this.#backdrop.hidden = !isOpen;
    if (isOpen) this.#part(".channels a[aria-current]")?.focus();
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
        channel.nsfw ? h("abbr", { class: "age", title: "Age-restricted" }, "18+") : null,
        unread ? badge : null,
      ),
    );
  }

  #member({ user, about }, shown) {
    const { directory, me, open } = shown;
    const choose = () => this.#onGo(`#${user.id}/${open?.type === 0 ? open.id : ""}`);
    const radio = h("input", {
      type: "radio",
      name: "member",
      value: user.id,
      checked: user.id === me.id,
      onchange: choose,
    });
    return h(
      "div",
      { class: "member-row" },
      h(
        "label",
        { class: "member" },
        radio,
        avatar(user, "small"),
        h("span", {}, h("strong", {}, nameOf(user)), h("small", {}, about), roleChips(directory, user.id)),
      ),
      rolesButton(user, shown),
    );
  }
}

function isForAnotherTab({ ctrlKey, metaKey, shiftKey, altKey }) {
  return ctrlKey || metaKey || shiftKey || altKey;
}
