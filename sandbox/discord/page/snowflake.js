/** Discord's ids: numbers too large for JavaScript's, which grow with time. */

export function compareIds(a, b) {
  return a.length - b.length || (a < b ? -1 : Number(a > b));
}

let count = 0;

/** Tells this page's interactions apart from all others. */
export function newNonce() {
  count += 1;
  return `${Date.now()}${String(count).padStart(4, "0")}`;
}
