/**
 * The attributes of the elements, one table per element: type, default and property of each.
 *
 * An attribute is also a property, so that frameworks may set either. The property has the attribute's name in camel
 * case; it answers to the attribute's own spelling and to lower case too, because Vue sets `:extra-data` as a property
 * of that name and HTML folds `schemaName` to `schemaname`. Attributes hold the values, with one exception: an object
 * that a page sets stays the same object, and is not written as text.
 *
 * This module needs no browser, so that tests run it as it is.
 */

import { Problem } from "../shared/api.js";

/**
 * @typedef {"text" | "flag" | "number" | "object"} Kind
 * @typedef {{kind: Kind, property: string, initial: unknown, example?: string, required?: boolean}} Attribute
 * @typedef {Record<string, Attribute>} Table
 */

const text = (property, more = {}) => ({ kind: "text", property, initial: "", ...more });
const flag = (property) => ({ kind: "flag", property, initial: false });

const object = (property, more = {}) => ({ kind: "object", property, initial: {}, ...more });

const BASE_URL = { "base-url": text("baseUrl") };
/** What a page gives of the load and of how files are read; empty is the importer's. */
const OPTIONS = {
  mode: text("mode"),
  blanks: text("blanks"),
  deletes: text("deletes"),
  "on-rejections": text("onRejections"),
  guards: object("guards", { example: '{"max_rejected": 0.05}' }),
  recipe: object("recipe", { example: '{"decimal": {"price": ","}}' }),
  questions: text("questions"),
};

/** @type {Record<string, Table>} */
export const TABLES = {
  "sluice-import-dialog": {
    "schema-name": text("schemaName", { required: true, example: "products" }),
    "accepted-files": text("acceptedFiles"),
    open: flag("open"),
    ...OPTIONS,
    ...BASE_URL,
  },
  "sluice-upload": {
    "extra-data": object("extraData", { example: '{"importer": "products"}' }),
    ...OPTIONS,
    "accepted-files": text("acceptedFiles", { initial: "*.*" }),
    "max-bytes": { kind: "number", property: "maxBytes", initial: 0, example: "50000000" },
    "use-sse": flag("useSse"),
    "sse-title": text("sseTitle"),
    "sse-progress-url": text("sseProgressUrl"),
    uploadurl: text("uploadUrl"),
    ...BASE_URL,
  },
  "sluice-progress": {
    "process-id": text("processId", { required: true, example: "01KB3T5W8M4Q" }),
    title: text("title"),
    "events-url": text("eventsUrl"),
    ...BASE_URL,
  },
};

/** Values of pages that are no text, by element and attribute. @type {WeakMap<object, Map<string, unknown>>} */
const objects = new WeakMap();

/**
 * Every spelling of an attribute: the attribute itself, its property in lower case, and that with dashes.
 * @param {string} name
 * @param {Attribute} attribute
 */
const spellings = (name, { property }) => [
  ...new Set([name, property.toLowerCase(), property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)]),
];

/**
 * The names to observe for a table.
 * @param {Table} table
 */
export const observed = (table) => Object.entries(table).flatMap(([name, attribute]) => spellings(name, attribute));

/**
 * The attribute that a spelling stands for; undefined for another attribute, such as `lang`.
 * @param {Table} table
 * @param {string} spelling
 */
export const attributeOf = (table, spelling) =>
  Object.keys(table).find((name) => spellings(name, table[name]).includes(spelling));

/**
 * What a page has given an element for its files, in the names of the API.
 * @param {any} host
 * @returns {Record<string, unknown>}
 */
export function givenOptions(host) {
  const { mode, blanks, deletes, onRejections, guards, recipe, questions } = host;
  const given = { mode, blanks, deletes, on_rejections: onRejections, guards, recipe, questions };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value && Object.keys(value).length > 0));
}

/**
 * Give a class the properties of its table.
 * @param {{prototype: object}} Element
 * @param {Table} table
 */
export function addProperties(Element, table) {
  for (const [name, attribute] of Object.entries(table)) {
    const property = {
      configurable: true,
      get() {
        return read(this, name, attribute);
      },
      set(value) {
        write(this, name, attribute, value);
      },
    };
    for (const spelling of spellings(name, attribute)) Object.defineProperty(Element.prototype, spelling, property);
    Object.defineProperty(Element.prototype, attribute.property, { ...property, enumerable: true });
  }
}

/**
 * Take over the properties that a page set before the element was defined: they hide those of the class.
 * @param {any} host
 * @param {Table} table
 */
export function adoptProperties(host, table) {
  for (const [name, attribute] of Object.entries(table)) {
    for (const spelling of [...spellings(name, attribute), attribute.property]) {
      if (!Object.hasOwn(host, spelling)) continue;
      const value = host[spelling];
      delete host[spelling];
      host[spelling] = value;
    }
  }
}

/**
 * What is wrong with the attributes of an element: one that is required and missing, or whose text cannot be read.
 * @param {Element} host
 * @param {Table} table
 * @returns {Problem | null}
 */
export function attributeProblem(host, table) {
  for (const [name, attribute] of Object.entries(table)) {
    const given = raw(host, name, attribute);
    const about = { element: host.localName, attribute: name, property: attribute.property, example: attribute.example };
    if (attribute.required && (given === null || given === "")) {
      return new Problem({ type: "/problems/missing-attribute", ...about });
    }
    if (given === null || parsed(attribute, given) !== undefined) continue;
    const type = String(given).includes("[object ") ? "/problems/object-as-text" : "/problems/wrong-attribute";
    return new Problem({ type, ...about, value: typeof given === "string" ? given : JSON.stringify(given) });
  }
  return null;
}

/** The attribute's text, or the object that was set as a property; null without either. */
function raw(host, name, attribute) {
  for (const spelling of spellings(name, attribute)) {
    const given = host.getAttribute(spelling);
    if (given !== null) return given;
  }
  return objects.get(host)?.get(name) ?? null;
}

function read(host, name, attribute) {
  const given = raw(host, name, attribute);
  if (given === null && attribute.kind === "object") write(host, name, attribute, {}); // a page may add to it
  return parsed(attribute, given ?? raw(host, name, attribute)) ?? attribute.initial;
}

function write(host, name, attribute, value) {
  const { kind } = attribute;
  for (const spelling of spellings(name, attribute)) if (spelling !== name) host.removeAttribute(spelling);
  objects.get(host)?.delete(name);
  const none = value === null || value === undefined;
  if (none || (kind === "flag" && !isOn(value))) return host.removeAttribute(name);
  if (kind === "flag") return host.setAttribute(name, "");
  if (kind !== "object" || typeof value === "string") return host.setAttribute(name, String(value));
  host.removeAttribute(name);
  if (!objects.has(host)) objects.set(host, new Map());
  objects.get(host)?.set(name, value);
  return undefined;
}

/** The typed value of an attribute; undefined if its text cannot be read. */
function parsed({ kind }, given) {
  if (given === null) return undefined;
  if (kind === "flag") return isOn(given);
  if (kind === "number") return numberOf(given);
  return kind === "object" ? objectOf(given) : given;
}

/** Whether a flag is on: an attribute without a value is, the text "false" is not. */
const isOn = (value) => value === "" || (Boolean(value) && value !== "false");

function numberOf(given) {
  const value = Number(given);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

function objectOf(given) {
  if (given === "") return {};
  let value = given;
  try {
    if (typeof given === "string") value = JSON.parse(given);
  } catch {
    return undefined;
  }
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
}
