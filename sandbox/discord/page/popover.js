/** Something small that opens beside what was pressed, and closes with Escape or a press elsewhere. */

const GAP = 6;

/** The element takes itself away once it is closed. It must be able to take the focus. */
export function openPopover(element, { anchor, parent = document.body, onClose = () => {} }) {
  element.classList.add("popover");
  element.popover = "auto";
  parent.append(element);
  element.addEventListener("toggle", (event) => {
    if (event.newState === "closed") {
      element.remove();
      onClose();
    }
  });
  element.showPopover();
  place(element, anchor.getBoundingClientRect());
  return element;
}

export function place(element, anchor) {
  const { width, height } = element.getBoundingClientRect();
  const below = anchor.bottom + GAP + height <= innerHeight;
  const top = below ? anchor.bottom + GAP : anchor.top - GAP - height;
  element.style.top = `${Math.max(GAP, top)}px`;
  element.style.left = `${Math.max(GAP, Math.min(anchor.left, innerWidth - width - GAP))}px`;
}
