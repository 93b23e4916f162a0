/** Pictures and files, wherever a message has them. */

import { h, icon } from "./dom.js";
import { openLightbox } from "./lightbox.js";
import { openPopover } from "./popover.js";

const SIDE_MAX = 550;
const HEIGHT_MAX = 420;

/** `{url, width, height, description, spoiler}`; the place is kept free while the bytes arrive. */
export function picture(media, { fit = true } = {}) {
  const image = h("img", { src: media.url, alt: media.description ?? "", draggable: "false" });
  const open = h(
    "button",
    {
      type: "button",
      class: "picture-open",
      "aria-label": `Open picture${media.description ? `: ${media.description}` : ""}`,
      onclick: () => openLightbox(media),
    },
    image,
  );
  const frame = h("div", { class: "picture" }, open, media.description ? altBadge(media.description) : null);
  if (fit && media.width && media.height) keepFree(frame, media);
  return media.spoiler ? veiled(frame) : frame;
}

function keepFree(frame, { width, height }) {
  const scale = Math.min(1, SIDE_MAX / width, HEIGHT_MAX / height);
  frame.style.setProperty("--width", `${Math.round(width * scale)}px`);
  frame.style.setProperty("--natural", `${width}px`);
  frame.style.setProperty("--ratio", `${width} / ${height}`);
}

function altBadge(description) {
  const show = (event) => {
    const text = h(
      "div",
      { class: "alt-text", role: "note", tabindex: -1, autofocus: true },
      h("h3", {}, "Alt text"),
      description,
    );
    openPopover(text, { anchor: event.currentTarget });
  };
  return h(
    "button",
    { type: "button", class: "alt-badge", "aria-label": "Show alt text", onclick: show },
    "ALT",
  );
}

/** Blurred until someone asks for it. */
export function veiled(content) {
  content.inert = true;
  const veil = h(
    "button",
    {
      type: "button",
      class: "veil",
      "aria-label": "Spoiler: press to reveal",
      onclick: () => {
        content.inert = false;
        veil.remove();
        wrapper.classList.remove("veiled");
      },
    },
    h("span", {}, "Spoiler"),
  );
  const wrapper = h("div", { class: "veiled" }, content, veil);
  return wrapper;
}

export function fileBox({ url, name, size, spoiler = false }) {
  const box = h(
    "div",
    { class: "file" },
    icon("file"),
    h(
      "div",
      { class: "file-text" },
      h("a", { href: url, download: name, target: "_blank", rel: "noopener" }, name),
      h("span", {}, formatSize(size)),
    ),
  );
  return spoiler ? veiled(box) : box;
}

export function formatSize(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export function gallery(items) {
  const pictures = items.map((item) => picture(item, { fit: items.length === 1 }));
  return h("div", { class: "gallery", "data-count": items.length }, pictures);
}

export function renderAttachments(attachments) {
  const described = attachments.map((one) => ({ ...one, spoiler: one.filename.startsWith("SPOILER_") }));
  const isPicture = (one) => one.content_type?.startsWith("image/");
  const pictures = described.filter(isPicture);
  const files = described.filter((one) => !isPicture(one));
  return [
    ...(pictures.length ? [gallery(pictures)] : []),
    ...files.map((one) => fileBox({ ...one, name: one.filename })),
  ];
}
