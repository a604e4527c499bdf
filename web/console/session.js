/** Who is signed in: the token, in sessionStorage, so that it is gone with the tab. */

const KEPT = "sluice.token";
const LEFT = "sluice.left";

/** @typedef {{api_url: string, issuer: string | null, client_id: string | null, scopes: string | null, token?: string}} Config */

/** The token that was signed in with, or null. */
export const token = () => sessionStorage.getItem(KEPT);

/** Sign in. */
export function keep(given) {
  sessionStorage.setItem(KEPT, given);
  sessionStorage.removeItem(LEFT);
}

/**
 * End the session.
 * @param {"over" | "out" | "failed"} why the API refused the token, somebody signed out, or the issuer let nobody in
 */
export function drop(why) {
  sessionStorage.removeItem(KEPT);
  sessionStorage.setItem(LEFT, why);
}

/** Why the last session of this tab ended, if none has begun since. */
export const left = () => sessionStorage.getItem(LEFT);

const HANDED = "#token=";

/** Whether the address hands a token over. */
export const handsToken = () => location.hash.startsWith(HANDED);

/**
 * Take the token out of the address. It begins a session only where the settings hand over tokens themselves, on a
 * laptop: anywhere else, a link could put its reader into the session of somebody else, who then gets their files.
 * @param {Config} config
 * @param {string} before the address that stays when the token is not taken
 * @returns {boolean} whether a session begins
 */
export function acceptAddress(config, before) {
  const given = plain(location.hash.slice(HANDED.length));
  const taken = Boolean(config.token) && looksRight(given);
  history.replaceState(null, "", taken ? location.pathname + location.search : before);
  if (taken) keep(given);
  return taken;
}

/** Somebody who signed out, or whom the issuer did not let in, wants to see the sign-in page. */
const STAYS_OUT = new Set(["out", "failed"]);

/**
 * Take the token that the settings hand over, if there is none. After a session that was over, it is a new one.
 * @param {Config} config
 */
export function acceptSettings(config) {
  if (config.token && !token() && !STAYS_OUT.has(left())) keep(config.token);
}

function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // what somebody made up, and no token
  }
}

/** Whether it has the form of a token (RFC 7519). */
export const looksRight = (text) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);

/** What the token says. The API checks it; here it is only shown, or decides what is offered. */
function claims() {
  try {
    const middle = token().split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(middle), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    return {};
  }
}

/** Name and tenant of who is signed in. */
export function person() {
  const { sub = "", tenant, "custom:tenant": other = "" } = claims();
  return { name: String(sub), tenant: String(tenant ?? other) };
}

const CHANGES = new Set(["imports:write", "imports:admin"]);

/** Whether the token allows to change anything; Cognito writes a resource server's name before a scope. */
export const mayWrite = () =>
  String(claims().scope ?? "")
    .split(" ")
    .some((scope) => CHANGES.has(scope.slice(scope.lastIndexOf("/") + 1)));
