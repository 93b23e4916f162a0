/** A picture at the size of the window. */

import { h, iconButton } from "./dom.js";

export function openLightbox({ url, description }) {
  const dialog = h(
    "dialog",
    { class: "lightbox", "aria-label": description || "Picture", onclose: () => dialog.remove() },
    h("img", { src: url, alt: description ?? "" }),
    h(
      "p",
      {},
      description ? h("span", { class: "lightbox-text" }, description) : null,
      h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, "Open original"),
    ),
    iconButton("close", "Close", () => dialog.close(), "lightbox-close"),
  );
  // The dialog fills the window: what is not the picture or its text is beside it.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}
