/** Radio buttons and boxes to tick, as they stand in modals. */

import { h, newId } from "./dom.js";

const RADIO_GROUP = 21;
const CHECKBOX_GROUP = 22;
export const CHECKBOX = 23;

export function isChoice(component) {
  return [RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX].includes(component.type);
}

export function choiceField(component, ids) {
  return component.type === CHECKBOX ? checkbox(component, ids) : group(component, ids);
}

function checkbox(component, ids) {
  const control = h("input", {
    type: "checkbox",
    id: newId("checkbox"),
    checked: component.default,
    "aria-describedby": ids.help,
  });
  return {
    control,
    element: control,
    read: () => ({ type: CHECKBOX, custom_id: component.custom_id, value: control.checked }),
    problem: () => "",
  };
}

function group(component, ids) {
  const isRadio = component.type === RADIO_GROUP;
  const name = newId("choices");
  const inputs = component.options.map((option) =>
    h("input", { type: isRadio ? "radio" : "checkbox", name, value: option.value, checked: option.default }),
  );
  const rows = component.options.map((option, at) =>
    h(
      "label",
      { class: "choice" },
      inputs[at],
      h(
        "span",
        { class: "row-text" },
        h("strong", {}, option.label),
        option.description ? h("span", {}, option.description) : null,
      ),
    ),
  );
  const control = h(
    "div",
    {
      class: "choices",
      role: isRadio ? "radiogroup" : "group",
      "aria-labelledby": ids.label,
      "aria-describedby": `${ids.help} ${ids.problem}`,
    },
    rows,
  );
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  return {
    control,
    element: control,
    isGroup: true,
    focus: () => inputs[0].focus(),
    read: () => ({
      type: component.type,
      custom_id: component.custom_id,
      ...(isRadio ? { value: chosen()[0] ?? null } : { values: chosen() }),
    }),
    problem: (isRequired) => problemOf(component, chosen().length, isRequired),
  };
}

function problemOf({ type, min_values: low = 1, max_values: most = Infinity }, count, isRequired) {
  const high = type === RADIO_GROUP ? 1 : most;
  if (count < low && (isRequired || count > 0)) return high === 1 ? "Choose one" : `Choose at least ${low}`;
  return count > high ? `Choose at most ${high}` : "";
}
