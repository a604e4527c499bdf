/** What both pages do first: their language, and where the API is. */

import { configure } from "../elements/index.js";

const texts = {
  pages: "Halaman",
  stock: "Persediaan",
  delivery: "Surat jalan",
  "stock-lead": "Harga dan jumlah semua suku cadang berasal dari daftar harga Anda.",
  "import-products": "Impor daftar harga",
  "delivery-lead": "Surat jalan langsung dimuat begitu diterima, tanpa pratinjau.",
  progress: "Perkembangannya",
  loaded: "{count} baris sudah dimuat.",
};
const english = { loaded: "{count} rows have been loaded." };

/** Whatever the address asks for with `?lang=`. */
export const lang = new URLSearchParams(location.search).get("lang") === "id" ? "id" : "en";

/** How many rows a job has loaded, in a sentence. */
export function loaded({ counts }) {
  const count = counts.inserted + counts.updated + counts.unchanged;
  const words = lang === "id" ? texts : english;
  return words.loaded.replace("{count}", new Intl.NumberFormat(lang === "id" ? "id-ID" : "en-GB").format(count));
}

/** A product of yours gets a token from its own sign-in; here it comes with the address or with the settings. */
export async function prepare() {
  document.documentElement.lang = lang;
  if (lang === "id") {
    for (const each of document.querySelectorAll("[data-say]")) each.textContent = texts[each.dataset.say];
    for (const each of document.querySelectorAll("[data-say-label]")) each.ariaLabel = texts[each.dataset.sayLabel];
  }
  const settings = await (await fetch("../config.json")).json();
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) history.replaceState(null, "", location.pathname + location.search);
  configure({ apiUrl: settings.api_url, token: given ?? settings.token ?? "" });
}
