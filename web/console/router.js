/** Addresses of pages: `#/jobs/ID?tab=log` is the path `["jobs", "ID"]` with a query. */

/**
 * The page that the address names.
 * @returns {{path: string[], query: URLSearchParams}}
 */
export function where() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

/**
 * The address of a page.
 * @param {string[]} path
 * @param {Record<string, string | null | undefined>} [query] empty values are left out
 */
export function to(path, query = {}) {
  const used = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return `#/${path.map(encodeURIComponent).join("/")}${used.size ? `?${used}` : ""}`;
}

/** Go to a page. */
export function go(path, query) {
  location.hash = to(path, query);
}

/** Replace the address without loading a page, so that a reload shows the same state. */
export function replaceAddress(path, query) {
  history.replaceState(null, "", to(path, query));
}

/**
 * Decode a part of an address; typed addresses may contain an invalid escape, and stay as they are.
 * @param {string} part
 */
export function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
