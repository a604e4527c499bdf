/** The importers, asked for once in a session. */

import { get } from "../elements/api.js";

/** @type {Promise<any[]> | null} */
let asked = null;

/** @returns {Promise<any[]>} importers, by name */
export function importers() {
  asked ??= get("/importers").then(
    (page) => page.items,
    (problem) => {
      asked = null;
      throw problem;
    },
  );
  return asked;
}

/** Datasets with the importers that fill them, and the columns of their records. */
export async function datasets() {
  const found = new Map();
  for (const importer of await importers()) {
    const dataset = found.get(importer.dataset) ?? { name: importer.dataset, importers: [], columns: [] };
    dataset.importers.push(importer);
    const known = new Set(dataset.columns.map((column) => column.field));
    dataset.columns.push(...importer.columns.filter((column) => !known.has(column.field)));
    found.set(importer.dataset, dataset);
  }
  return [...found.values()];
}
