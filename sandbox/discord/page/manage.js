/** What managers of a server change about it: the bot in it, and the roles of its members. */

import { avatar } from "./avatar.js";
import { confirmed } from "./confirm.js";
import { MANAGE_GUILD, MANAGE_ROLES, nameOf } from "./directory.js";
import { h, iconButton } from "./dom.js";
import { openMenu } from "./menu.js";

/** `manage` has `inviteBot`, `removeBot`, `giveRole(userId, roleId)` and `takeRole`, of the server that is open. */
export function botRow({ directory, me, botOnline, manage }) {
  const { bot, guild } = directory;
  const may = directory.may(me.id, MANAGE_GUILD);
  if (!directory.hasBot) {
    const invite = h(
      "button",
      { type: "button", class: "button success invite", onclick: manage.inviteBot },
      `Add ${nameOf(bot)} to ${guild.name}`,
    );
    return may ? invite : h("p", { class: "no-bot" }, `${nameOf(bot)} is not in this server.`);
  }
  const label = `Remove ${nameOf(bot)} from ${guild.name}`;
  const remove = async () => {
    const text = `${nameOf(bot)} can be added again at any time.`;
    if (await confirmed(label, text, "Remove")) manage.removeBot();
  };
  return h(
    "div",
    { class: "member-row" },
    h(
      "div",
      { class: "member" },
      h(
        "span",
        { class: "presence" },
        avatar(bot, "small"),
        h("span", { class: `status ${botOnline ? "online" : ""}` }),
      ),
      h("span", {}, h("strong", {}, nameOf(bot), " ", h("span", { class: "app-badge" }, "APP"))),
    ),
    may ? iconButton("trash", label, remove, "danger") : null,
  );
}

export function roleChips(directory, userId) {
  const chips = directory.rolesOf(userId).map((role) => h("li", { class: "role" }, role.name));
  return chips.length ? h("ul", { class: "roles", "aria-label": "Roles" }, chips) : null;
}

export function rolesButton(user, { directory, me, manage }) {
  if (!directory.may(me.id, MANAGE_ROLES)) return null;
  const label = `Roles of ${nameOf(user)}`;
  const open = (event) => openMenu(itemsOf(user, directory, manage), { anchor: event.currentTarget, label });
  const button = iconButton("more", label, open);
  button.setAttribute("aria-haspopup", "menu");
  button.dataset.rolesOf = user.id;
  return button;
}

function itemsOf(user, directory, manage) {
  const has = directory.rolesOf(user.id);
  return directory.roles
    .filter((role) => !role.managed && role.id !== directory.guild.id)
    .map((role) =>
      has.includes(role)
        ? { label: `Take ${role.name}`, icon: "close", pick: () => manage.takeRole(user.id, role.id) }
        : { label: `Give ${role.name}`, icon: "plus", pick: () => manage.giveRole(user.id, role.id) },
    );
}
