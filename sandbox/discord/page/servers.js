/** The column of servers, each of which opens with its first channel. */

import { initials } from "./avatar.js";
import { h } from "./dom.js";

/** Who is no member of a server looks at it as its owner does. */
export function serverLinks({ directory, me, unread }) {
  return directory.guilds.map((guild) => {
    const isMember = guild.members.some((member) => member.user_id === me.id);
    const channels = directory.channelsOf(guild.id);
    const count = channels.reduce((sum, channel) => sum + (unread.get(channel.id) ?? 0), 0);
    const isOpen = guild.id === directory.guild.id;
    return h(
      "li",
      {},
      h(
        "a",
        {
          href: `#${isMember ? me.id : guild.owner_id}/${channels[0]?.id ?? ""}`,
          class: "server",
          title: guild.name,
          "aria-label": count ? `${guild.name}, ${count} unread` : guild.name,
          "aria-current": isOpen ? "true" : null,
        },
        h("span", { "aria-hidden": "true" }, initials(guild.name)),
        count ? h("span", { class: "badge", "aria-hidden": "true" }, String(count)) : null,
      ),
    );
  });
}
