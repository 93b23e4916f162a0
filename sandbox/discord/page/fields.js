/**
 * The rows of a modal: `{element, read, check, focus}`; `read` gives the component as it is submitted, and adds the
 * files that it names to those it is given.
 */

import { CHECKBOX, choiceField, isChoice } from "./choices.js";
import { h, newId } from "./dom.js";
import { UPLOAD, uploadField } from "./upload.js";
import { markdown } from "./markdown-view.js";
import { SelectMenu, isSelect } from "./select.js";

const ACTION_ROW = 1;
const TEXT_INPUT = 4;
const TEXT_DISPLAY = 10;
const LABEL = 18;
const PARAGRAPH = 2;

export function modalRow(component, directory) {
  if (component.type === ACTION_ROW) {
    const [inner] = component.components;
    const row = labelled(inner, { label: inner.label }, directory);
    return { ...row, read: (files) => ({ type: ACTION_ROW, components: [row.read(files)] }) };
  }
  if (component.type === LABEL) {
    const row = labelled(component.component, component, directory);
    return { ...row, read: (files) => ({ type: LABEL, component: row.read(files) }) };
  }
  const text = component.type === TEXT_DISPLAY ? component.content : `Component ${component.type}`;
  return {
    element: markdown(text, directory),
    read: () => ({ type: component.type }),
    check: () => true,
    focus: () => {},
  };
}

function labelled(component, { label, description }, directory) {
  const ids = { label: newId("label"), help: newId("help"), problem: newId("problem") };
  const field = fieldOf(component, ids, directory);
  const problem = h("p", { class: "field-problem", id: ids.problem, role: "alert" });
  const isRequired = component.required ?? component.type !== CHECKBOX;
  const star = isRequired ? h("span", { class: "star", title: "required" }, " *") : null;
  const element = h(
    "div",
    { class: "field" },
    h(field.isGroup ? "span" : "label", { class: "field-label", id: ids.label, for: field.control.id }, label, star),
    description ? h("p", { class: "field-help", id: ids.help }, description) : null,
    field.element,
    problem,
  );
  const check = () => {
    problem.textContent = field.problem(isRequired);
    field.control.setAttribute("aria-invalid", String(problem.textContent !== ""));
    return problem.textContent === "";
  };
  // What was found wrong is looked at again with every change.
  field.control.addEventListener("input", () => problem.textContent && check());
  return { element, check, read: field.read, focus: field.focus ?? (() => field.control.focus()) };
}

function fieldOf(component, ids, directory) {
  if (isSelect(component)) return selectField(component, ids, directory);
  if (isChoice(component)) return choiceField(component, ids);
  return component.type === UPLOAD ? uploadField(component, ids) : textField(component, ids);
}

function textField(component, ids) {
  const isParagraph = component.style === PARAGRAPH;
  const control = h(isParagraph ? "textarea" : "input", {
    id: newId("input"),
    rows: isParagraph ? 4 : null,
    type: isParagraph ? null : "text",
    placeholder: component.placeholder,
    maxlength: component.max_length,
    "aria-required": String(component.required ?? true),
    "aria-describedby": `${ids.help} ${ids.problem}`,
  });
  control.value = component.value ?? "";
  const counter = component.max_length ? h("span", { class: "counter", "aria-hidden": "true" }) : null;
  const count = () => counter?.replaceChildren(`${control.value.length}/${component.max_length}`);
  control.addEventListener("input", count);
  count();
  return {
    control,
    element: h("div", { class: "text-input" }, control, counter),
    read: () => ({ type: TEXT_INPUT, custom_id: component.custom_id, value: control.value }),
    problem: (isRequired) => textProblem(control.value, component.min_length ?? 0, isRequired),
  };
}

function textProblem(value, minimum, isRequired) {
  if (!value) return isRequired ? "This field is required" : "";
  return value.length < minimum ? `Must be at least ${minimum} characters` : "";
}

function selectField(component, ids, directory) {
  const isRequired = component.required ?? true;
  const menu = new SelectMenu(
    { ...component, min_values: isRequired ? component.min_values : 0 },
    directory,
    {
      labelledBy: ids.label,
      onChoose: () => menu.button.dispatchEvent(new Event("input")),
    },
  );
  return {
    control: menu.button,
    element: menu.element,
    read: () => ({ type: component.type, custom_id: component.custom_id, values: menu.values }),
    problem: () => (menu.values.length < menu.min ? `Choose at least ${menu.min}` : ""),
  };
}
