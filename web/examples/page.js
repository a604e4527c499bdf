/** What both pages do first: set their language, and configure the elements. */

import { configure } from "../elements/index.js";

const texts = {
  pages: "Halaman",
  stock: "Persediaan",
  delivery: "Surat jalan",
  "stock-lead": "Harga dan jumlah semua suku cadang berasal dari daftar harga Anda.",
  "import-products": "Impor daftar harga",
  "delivery-lead": "Surat jalan langsung dimuat begitu diterima, tanpa pratinjau.",
  progress: "Kemajuan",
  loaded: "{count} baris sudah dimuat.",
};
const english = { loaded: "{count} rows have been loaded." };

/** The language of `?lang=`. */
export const lang = new URLSearchParams(location.search).get("lang") === "id" ? "id" : "en";

/** A sentence with the number of rows that a job has loaded. */
export function loaded({ counts }) {
  const count = counts.inserted + counts.updated + counts.unchanged;
  const words = lang === "id" ? texts : english;
  return words.loaded.replace("{count}", new Intl.NumberFormat(lang === "id" ? "id-ID" : "en-GB").format(count));
}

/** Configure the elements. Your product gets the token from its sign-in; here it is in the address or the settings. */
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
