/** The sign-in page: at the issuer, or with a token. */

import { el } from "../elements/dom.js";

import { leave } from "./oidc.js";
import { problemBox } from "./parts.js";
import { left, looksRight } from "./session.js";
import { t } from "./strings.js";

/**
 * @param {Element} main
 * @param {{config: import("./session.js").Config, trouble: string, onToken: (token: string) => void}} options
 */
export function signIn(main, { config, trouble, onToken }) {
  const place = el("div", {});
  const told = message(trouble);
  main.append(
    el(
      "section",
      { class: "panel padded signin" },
      el("h1", {}, t("page.signin")),
      told ? el("p", { class: "problem", "data-kind": "asks", role: "status" }, told) : null,
      el("p", { class: "muted" }, t("signin.lead")),
      config.issuer ? [atIssuer(config, place), el("p", { class: "or" }, t("signin.or"))] : null,
      withToken(!config.issuer, onToken),
      place,
    ),
  );
}

function message(trouble) {
  if (trouble) return trouble === "state" ? t("signin.failed.state") : t("signin.failed", { reason: trouble });
  const why = left();
  return why === "over" || why === "out" ? t(`signin.${why}`) : "";
}

function atIssuer(config, place) {
  const go = () =>
    leave(config, location.hash).catch((error) =>
      place.replaceChildren(problemBox(new Error(t("signin.failed", { reason: error.message })))),
    );
  return el("button", { type: "button", class: "first", onclick: go }, t("signin.oidc"));
}

function withToken(first, onToken) {
  const field = el("input", {
    type: "password",
    name: "token",
    id: "token",
    autocomplete: "off",
    spellcheck: false,
    required: true,
    "aria-describedby": "token-hint token-wrong",
  });
  const wrong = el("p", { id: "token-wrong", class: "small bad", role: "alert" });
  const submit = (event) => {
    event.preventDefault();
    const given = field.value.trim().replace(/^Bearer\s+/i, "");
    if (looksRight(given)) return onToken(given);
    wrong.textContent = t("signin.bad");
    field.setAttribute("aria-invalid", "true");
    field.focus();
  };
  return el(
    "form",
    { onsubmit: submit, noValidate: true },
    el("label", { class: "field", htmlFor: "token" }, t("signin.token"), field),
    el("p", { id: "token-hint", class: "small muted" }, t("signin.hint")),
    wrong,
    el("button", { class: first ? "first" : null }, t("signin.go")),
  );
}
