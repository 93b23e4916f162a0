/** Files that a member chose and has not sent yet: beneath the text they are typing, and in modals. */

import { h, icon, iconButton } from "./dom.js";
import { formatSize } from "./media.js";

const FILE_BYTES_MAX = 10 * 1024 * 1024;

/** A file with its picture, if it is one, and a button to take it away. */
export function fileChip(file, name, onRemove) {
  const isPicture = file.type.startsWith("image/");
  const url = isPicture ? URL.createObjectURL(file) : null;
  const remove = () => {
    if (url) URL.revokeObjectURL(url);
    onRemove();
  };
  return h(
    "li",
    { class: "file-chip" },
    isPicture ? h("img", { src: url, alt: "" }) : icon("file"),
    h("span", { class: "file-text" }, h("span", {}, name), h("span", {}, formatSize(file.size))),
    iconButton("close", `Remove ${name}`, remove),
  );
}

/** What is wrong with the first of the files that cannot be sent, or nothing. */
export function problemOf(files) {
  const large = files.find((file) => file.size > FILE_BYTES_MAX);
  return large ? `${large.name} is too large: a file may have ${formatSize(FILE_BYTES_MAX)}` : "";
}

/** Has the member choose; nothing happens if they do not. */
export function chooseFiles({ multiple }, onChoose) {
  const input = h("input", { type: "file", multiple, hidden: true });
  input.addEventListener("cancel", () => input.remove());
  input.addEventListener("change", () => {
    input.remove();
    onChoose([...input.files]);
  });
  // Outside of the page the browser may forget it before it has opened.
  document.body.append(input);
  input.click();
}

/** The files beside what is typed, each by a name that a command's option can give. */
export class Tray {
  #element;
  #files = new Map();
  #onRemove;

  /** `onRemove` is called with the name of a file that the member took away. */
  constructor(element, { onRemove }) {
    this.#element = element;
    this.#onRemove = onRemove;
  }

  get size() {
    return this.#files.size;
  }

  get names() {
    return [...this.#files.keys()];
  }

  get files() {
    return [...this.#files.values()];
  }

  get(name) {
    return this.#files.get(name);
  }

  /** Returns the names that they are given. */
  add(files) {
    const names = files.map((file) => this.#put(file));
    this.#draw();
    return names;
  }

  remove(name) {
    this.#files.delete(name);
    this.#draw();
  }

  /** Empties it and returns what was in it, for `restore`. */
  take() {
    const taken = this.#files;
    this.restore(new Map());
    return taken;
  }

  restore(taken) {
    this.#files = taken;
    this.#draw();
  }

  #put(file) {
    // As Discord will call it. A space would end the value of an option.
    const [, stem, extension] = /^(.*?)(\.[^.]*)?$/.exec(file.name.replace(/[^\w.-]/g, "_"));
    let name = stem + (extension ?? "");
    for (let number = 2; this.#files.has(name); number += 1) name = `${stem}-${number}${extension ?? ""}`;
    this.#files.set(name, file);
    return name;
  }

  #draw() {
    const chips = [...this.#files].map(([name, file]) =>
      fileChip(file, name, () => {
        this.remove(name);
        this.#onRemove(name);
      }),
    );
    this.#element.hidden = chips.length === 0;
    this.#element.replaceChildren(...chips);
  }
}
