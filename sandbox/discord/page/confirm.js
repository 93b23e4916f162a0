/** Asks before something is gone for good. */

import { h } from "./dom.js";

/** Resolves to whether the member wants it. */
export function confirmed(title, text, action) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { class: "modal small", "aria-label": title },
      h(
        "form",
        { method: "dialog" },
        h("h2", {}, title),
        h("p", {}, text),
        h(
          "footer",
          {},
          h("button", { class: "button plain", value: "" }, "Cancel"),
          h("button", { class: "button danger", value: "yes", autofocus: true }, action),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
