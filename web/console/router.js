/** Which page an address means: `#/jobs/ID?tab=log` is the path `["jobs", "ID"]` with a query. */

/** @returns {{path: string[], query: URLSearchParams}} */
export function where() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(plain), query: new URLSearchParams(query) };
}

/**
 * The address of a page.
 * @param {string[]} path
 * @param {Record<string, string | null | undefined>} [query] what is empty is left out
 */
export function to(path, query = {}) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return `#/${path.map(encodeURIComponent).join("/")}${asked.size ? `?${asked}` : ""}`;
}

/** Go to a page. */
export function go(path, query) {
  location.hash = to(path, query);
}

/** Note in the address what is shown of a page, without going anywhere. */
export function note(path, query) {
  history.replaceState(null, "", to(path, query));
}

function plain(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // an address that somebody has typed
  }
}
