/** The field of a modal that takes files. */

import { h, icon, newId } from "./dom.js";
import { chooseFiles, fileChip, problemOf } from "./files.js";

export const UPLOAD = 19;

export function uploadField(component, ids) {
  const { min_values: low = 1, max_values: high = 1 } = component;
  let chosen = [];
  let refusal = "";
  const id = newId("upload");
  const control = h(
    "button",
    {
      type: "button",
      class: "upload-button",
      id,
      // Its name is what it is for and what it does.
      "aria-labelledby": `${ids.label} ${id}`,
      "aria-describedby": `${ids.help} ${ids.problem}`,
      onclick: () => chooseFiles({ multiple: high > 1 }, add),
    },
    icon("plus"),
    h("span", {}, high > 1 ? `Choose up to ${high} files` : "Choose a file"),
  );
  const list = h("ul", { class: "tray", "aria-label": "Chosen files" });
  const element = h("div", { class: "upload" }, control, list);
  element.addEventListener("dragover", (event) => event.preventDefault());
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });

  function add(files) {
    refusal = problemOf(files);
    // One takes the place of the other; of several those that were first stay.
    if (!refusal) chosen = high === 1 ? files.slice(0, 1) : [...chosen, ...files].slice(0, high);
    draw();
  }

  function draw() {
    const chips = chosen.map((file) =>
      fileChip(file, file.name, () => {
        chosen = chosen.filter((one) => one !== file);
        draw();
        control.focus();
      }),
    );
    list.replaceChildren(...chips);
    control.hidden = high > 1 && chosen.length === high;
    control.dispatchEvent(new Event("input"));
  }

  return {
    control,
    element,
    read: (files) => {
      const first = files.push(...chosen) - chosen.length;
      const values = chosen.map((_, at) => String(first + at));
      return { type: UPLOAD, custom_id: component.custom_id, values };
    },
    problem: (isRequired) => {
      if (refusal) return refusal;
      if (chosen.length >= low || (!isRequired && chosen.length === 0)) return "";
      return low === 1 ? "Choose a file" : `Choose at least ${low} files`;
    },
  };
}
