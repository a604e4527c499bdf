/** The importers and the sources, each asked for once in a session. */

import { get } from "../elements/api.js";

/** Importers, by name. */
export const importers = once("/importers");

/** Sources: what they are called and where their rows end up. How they are changes; the page of sources asks for it. */
export const sources = once("/sources");

/** @returns {() => Promise<any[]>} */
function once(path) {
  let asked = null;
  return () => {
    asked ??= get(path).then(
      (page) => page.items,
      (problem) => {
        asked = null;
        throw problem;
      },
    );
    return asked;
  };
}

/**
 * Datasets with who fills them, and the columns of their records where it is importers. Rows that are looked up end in
 * none.
 */
export async function datasets() {
  const found = new Map();
  const [ofFiles, pulled] = await Promise.all([importers(), sources()]);
  for (const each of [...ofFiles.filter(({ lookup }) => !lookup), ...pulled]) {
    const dataset = found.get(each.dataset) ?? { name: each.dataset, filledBy: [], columns: [] };
    dataset.filledBy.push(each.title);
    const known = new Set(dataset.columns.map((column) => column.field));
    dataset.columns.push(...(each.columns ?? []).filter((column) => !known.has(column.field)));
    found.set(each.dataset, dataset);
  }
  return [...found.values()];
}
