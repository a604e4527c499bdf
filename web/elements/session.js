/** Where the API is and who calls it; kept in memory only. */

/** @typedef {string | (() => string | Promise<string>)} TokenSource */

/** @type {{apiUrl: string, token: TokenSource}} */
let current = { apiUrl: "", token: "" };

/** @type {Set<(problem: Error) => void>} */
const listeners = new Set();

/** A page may ask for its settings first; a reader who is quicker than that waits so long, in milliseconds. */
const PATIENCE = 10_000;
let told = () => {};
const configured = new Promise((resolve) => {
  told = () => resolve(true);
});

/**
 * Say where the API is and how to get a bearer token. What is left out stays as it was.
 * @param {{apiUrl?: string, token?: TokenSource}} settings
 */
export function configure(settings) {
  current = { ...current, ...settings };
  if (current.apiUrl) told();
}

/**
 * Wait until somebody has said where the API is.
 * @returns {Promise<boolean>} whether somebody has
 */
export async function ready() {
  return Promise.race([configured, new Promise((resolve) => setTimeout(resolve, PATIENCE, false))]);
}

/** The API's address, without a slash at its end. */
export function apiUrl() {
  return current.apiUrl.replace(/\/+$/, "");
}

/**
 * A token for the next call; asked for each time, so a function may give a fresh one.
 * @returns {Promise<string>}
 */
export async function bearer() {
  return typeof current.token === "function" ? await current.token() : current.token;
}

/**
 * Be told when the API no longer takes the token.
 * @param {(problem: Error) => void} callback
 * @returns {() => void} call it to be told no more
 */
export function onUnauthorized(callback) {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

/**
 * Tell all who asked that the token does not hold.
 * @param {Error} problem
 */
export function refused(problem) {
  for (const callback of listeners) callback(problem);
}
