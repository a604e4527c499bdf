/**
 * Signing in at an OpenID Connect issuer: authorisation code with PKCE (RFC 7636, S256), for a page without a secret.
 *
 * What has to outlive the way to the issuer and back (state, verifier, where one was) rests in sessionStorage, and is
 * taken out at the first answer, so that an answer holds once.
 */

const BEGUN = "sluice.signing-in";

/** The console's own address, without query and hash: where the issuer sends the browser back to. */
export const here = () => location.origin + location.pathname;

/**
 * Leave for the issuer's sign-in page.
 * @param {{issuer: string, client_id: string, scopes: string | null}} config
 * @param {string} back the hash to come back to
 */
export async function leave(config, back) {
  const { authorization_endpoint: door } = await discovered(config.issuer);
  const begun = { state: secret(), verifier: secret(), back };
  sessionStorage.setItem(BEGUN, JSON.stringify(begun));
  const address = new URL(door);
  const asked = {
    response_type: "code",
    client_id: config.client_id,
    redirect_uri: here(),
    scope: config.scopes || "openid",
    state: begun.state,
    code_challenge: await challenge(begun.verifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  location.assign(address.href);
}

/** Whether this page was opened by the issuer, with an answer. */
export function returned() {
  const answer = new URLSearchParams(location.search);
  return answer.has("state") && (answer.has("code") || answer.has("error"));
}

/**
 * Take the issuer's answer out of the address, and change its code into an access token.
 * @returns {Promise<{token: string, back: string}>}
 */
export async function arrive(config) {
  const answer = new URLSearchParams(location.search);
  const begun = JSON.parse(sessionStorage.getItem(BEGUN) ?? "null");
  sessionStorage.removeItem(BEGUN);
  history.replaceState(null, "", here() + (begun?.back ?? ""));
  if (!begun || answer.get("state") !== begun.state) throw new Error("state");
  if (answer.has("error")) throw new Error(answer.get("error_description") || answer.get("error"));
  const { token_endpoint: desk } = await discovered(config.issuer);
  const told = await fetch(desk, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: answer.get("code"),
      redirect_uri: here(),
      client_id: config.client_id,
      code_verifier: begun.verifier,
    }),
  });
  const given = await told.json().catch(() => ({}));
  if (!told.ok || !given.access_token) throw new Error(given.error_description || given.error || `HTTP ${told.status}`);
  return { token: given.access_token, back: begun.back };
}

/** What the issuer says of itself (OpenID Connect Discovery 1.0, section 4). */
async function discovered(issuer) {
  const answer = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.json();
}

/** 256 random bits, in letters that an address may hold. */
const secret = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

async function challenge(verifier) {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
