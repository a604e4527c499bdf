// What the console offers follows from the scopes of the token.
import assert from "node:assert/strict";
import { test } from "node:test";

import { mayAdminister, mayWrite } from "../../../web/console/session.js";

/** Sign in with a token of these claims. */
function signIn(claims) {
  const middle = Buffer.from(JSON.stringify(claims)).toString("base64url");
  globalThis.sessionStorage = { getItem: () => `x.${middle}.x` };
}

test("deleting needs the scope of an administrator, which includes writing", () => {
  for (const [scope, writes, administers] of [
    ["imports:read", false, false],
    ["imports:read imports:write", true, false],
    ["imports:admin", true, true],
    ["sluice/imports:write sluice/imports:admin", true, true],
    ["imports:administrator", false, false],
    [["imports:admin"], false, false],
    [null, false, false],
    [undefined, false, false],
  ]) {
    signIn({ scope });
    assert.deepEqual([mayWrite(), mayAdminister()], [writes, administers], String(scope));
  }
});
