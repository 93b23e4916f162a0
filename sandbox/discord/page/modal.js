/** A form that the bot asked the member to fill in. */

import { h, newId } from "./dom.js";
import { modalRow } from "./fields.js";
import { InteractionFailed } from "./interactions.js";

export function openModal(modal, room) {
  const rows = modal.components.map((component) => modalRow(component, room.directory));
  const title = h("h2", { id: newId("title") }, modal.title);
  const failure = h("p", { class: "failure", role: "alert" });
  const cancel = h(
    "button",
    { type: "button", class: "button plain", onclick: () => dialog.close() },
    "Cancel",
  );
  const submit = h("button", { class: "button primary" }, "Submit");
  const form = h(
    "form",
    { novalidate: true },
    title,
    h(
      "div",
      { class: "modal-rows" },
      rows.map((row) => row.element),
    ),
    failure,
    h("footer", {}, cancel, submit),
  );
  const dialog = h("dialog", { class: "modal", "aria-labelledby": title.id }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!allValid(rows) || submit.hasAttribute("aria-busy")) return;
    submit.setAttribute("aria-busy", "true");
    const files = [];
    const components = rows.map((row) => row.read(files));
    failure.textContent = await problemOf(room.submit(modal, components, files));
    submit.removeAttribute("aria-busy");
    if (!failure.textContent) dialog.close();
  });
  show(dialog);
}

function show(dialog) {
  const opener = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    const customId = opener.dataset?.customId;
    // The message may have been drawn anew in the meantime, and its button with it.
    if (!opener.isConnected && customId)
      document.querySelector(`[data-custom-id="${CSS.escape(customId)}"]`)?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("input, textarea, .select, .upload-button")?.focus();
}

/** Checks every one, so that each shows what is wrong with it, and leaves the focus at the first. */
function allValid(rows) {
  const invalid = rows.filter((row) => !row.check());
  invalid[0]?.focus();
  return invalid.length === 0;
}

async function problemOf(submission) {
  try {
    await submission;
    return "";
  } catch (error) {
    return error instanceof InteractionFailed ? "Something went wrong. Try again." : error.message;
  }
}
