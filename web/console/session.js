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
 * @param {"over" | "out"} why the API refused the token, or somebody signed out
 */
export function drop(why) {
  sessionStorage.removeItem(KEPT);
  sessionStorage.setItem(LEFT, why);
}

/** Why the last session of this tab ended, if none has begun since. */
export const left = () => sessionStorage.getItem(LEFT);

/**
 * Take the token that was handed over: in the address (`#token=…`), which then forgets it, or by the settings, but not
 * to somebody who has just left.
 * @param {Config} config
 */
export function accept(config) {
  const handed = location.hash.match(/^#token=(.+)$/);
  if (handed) {
    history.replaceState(null, "", location.pathname + location.search);
    keep(decodeURIComponent(handed[1]));
  } else if (config.token && !token() && !left()) {
    keep(config.token);
  }
}

/** Whether it has the form of a token (RFC 7519). */
export const looksRight = (text) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);

/** Name and tenant, as the token tells them. The API checks the token; this is only shown. */
export function person() {
  try {
    const middle = token().split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(middle), (letter) => letter.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    return { name: String(claims.sub ?? ""), tenant: String(claims.tenant ?? claims["custom:tenant"] ?? "") };
  } catch {
    return { name: "", tenant: "" };
  }
}
