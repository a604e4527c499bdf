// The attributes of the elements as frameworks set them: React and Vue set a property where the element has one of the
// name they are given, otherwise an attribute, whose name HTML turns to lower case.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  TABLES, addProperties, adoptProperties, attributeOf, attributeProblem, givenOptions, observed,
} from "../../../web/elements/attributes.js";

const UPLOAD = TABLES["sluice-upload"];

/** An element without a browser: attributes, and the properties of a table. */
function elementOf(name) {
  class Fake {
    localName = name;
    given = new Map();
    getAttribute(attribute) {
      return this.given.get(attribute.toLowerCase()) ?? null;
    }
    setAttribute(attribute, value) {
      this.given.set(attribute.toLowerCase(), String(value));
    }
    removeAttribute(attribute) {
      this.given.delete(attribute.toLowerCase());
    }
  }
  addProperties(Fake, TABLES[name]);
  return new Fake();
}

/** What React 19 and Vue 3 do with a prop of a custom element. */
function set(element, prop, value) {
  if (prop in element) element[prop] = value;
  else element.setAttribute(prop, value);
}

test("every attribute has a property in camel case, which begins with its default", () => {
  for (const [name, table] of Object.entries(TABLES)) {
    const element = elementOf(name);
    for (const [attribute, { property, initial }] of Object.entries(table)) {
      assert.deepEqual(element[property], initial, `${name} ${attribute}`);
      assert.match(property, /^[a-z]+([A-Z][a-z]*)*$/);
    }
  }
});

test("a text, a number and a flag are typed properties, and reflected", () => {
  const upload = elementOf("sluice-upload");
  upload.maxBytes = 5000;
  upload.sseTitle = "Orders";
  upload.useSse = true;
  assert.deepEqual([...upload.given], [["max-bytes", "5000"], ["sse-title", "Orders"], ["use-sse", ""]]);
  upload.setAttribute("max-bytes", "7000");
  assert.deepEqual([upload.maxBytes, upload.sseTitle, upload.useSse], [7000, "Orders", true]);
  for (const off of [false, "false", null, undefined]) {
    upload.useSse = true;
    upload.useSse = off;
    assert.equal(upload.useSse, false);
  }
  upload.setAttribute("use-sse", "false");
  assert.equal(upload.useSse, false);
  upload.maxBytes = null;
  assert.deepEqual([upload.maxBytes, upload.getAttribute("max-bytes")], [0, null]);
});

test("the attributes of the three-stage import work as Vue and React write them", () => {
  for (const prop of ["extra-data", "extraData", "extradata"]) {
    const upload = elementOf("sluice-upload");
    const given = { schema_name: "products" };
    set(upload, prop, given);
    assert.equal(upload.extraData, given, `${prop} keeps the object itself`);
    assert.equal(attributeProblem(upload, UPLOAD), null);
  }
  for (const prop of ["use-sse", "useSse", "usesse"]) {
    const upload = elementOf("sluice-upload");
    set(upload, prop, true);
    assert.equal(upload.useSse, true, prop);
  }
  for (const prop of ["schema-name", "schemaName", "schemaname"]) {
    const dialog = elementOf("sluice-import-dialog");
    set(dialog, prop, "products");
    assert.equal(dialog.schemaName, "products", prop);
  }
});

test("an attribute in lower case works, as a framework writes it before the element is defined", () => {
  const dialog = elementOf("sluice-import-dialog");
  dialog.setAttribute("schemaName", "products");
  assert.equal(dialog.schemaName, "products");
  assert.ok(observed(TABLES["sluice-import-dialog"]).includes("schemaname"));
  assert.equal(attributeOf(TABLES["sluice-import-dialog"], "schemaname"), "schema-name");
  assert.equal(attributeOf(UPLOAD, "lang"), undefined);
  dialog.schemaName = "dealers";
  assert.deepEqual([...dialog.given], [["schema-name", "dealers"]], "one spelling is left");
});

test("extra-data takes JSON as an attribute, and what was set last holds", () => {
  const upload = elementOf("sluice-upload");
  upload.setAttribute("extra-data", '{"importer": "products"}');
  assert.deepEqual(upload.extraData, { importer: "products" });
  upload.extraData = { importer: "dealers" };
  assert.equal(upload.getAttribute("extra-data"), null);
  assert.equal(upload.extraData.importer, "dealers");
  upload.setAttribute("extra-data", '{"importer": "voters"}');
  assert.equal(upload.extraData.importer, "voters");
  upload.extraData = null;
  assert.deepEqual(upload.extraData, {});
  upload.extraData.importer = "products";
  assert.equal(upload.extraData.importer, "products", "a page may add to the object");
  assert.deepEqual(elementOf("sluice-upload").extraData, {}, "of this element only");
});

test("properties that a page set before the element was defined are kept", () => {
  const upload = elementOf("sluice-upload");
  const early = { importer: "products" };
  for (const [name, value] of [["extraData", early], ["maxBytes", 5], ["use-sse", true]]) {
    Object.defineProperty(upload, name, { value, configurable: true, enumerable: true, writable: true });
  }
  adoptProperties(upload, UPLOAD);
  assert.equal(Object.hasOwn(upload, "extraData"), false);
  assert.equal(upload.extraData, early);
  assert.deepEqual([upload.maxBytes, upload.useSse], [5, true]);
});

test("a missing attribute and one that cannot be read are problems, each with what to set", () => {
  const dialog = elementOf("sluice-import-dialog");
  const missing = attributeProblem(dialog, TABLES["sluice-import-dialog"]);
  assert.equal(missing.type, "/problems/missing-attribute");
  assert.deepEqual([missing.extra.element, missing.extra.attribute], ["sluice-import-dialog", "schema-name"]);
  const wrong = [
    ["extra-data", "[object Object]", "object-as-text"],
    ["extra-data", "{importer: 1}", "wrong-attribute"],
    ["extra-data", "[1]", "wrong-attribute"],
    ["max-bytes", "5 MB", "wrong-attribute"],
    ["max-bytes", "-1", "wrong-attribute"],
  ];
  for (const [attribute, value, type] of wrong) {
    const upload = elementOf("sluice-upload");
    upload.setAttribute(attribute, value);
    const problem = attributeProblem(upload, UPLOAD);
    assert.deepEqual([problem?.type, problem?.extra.value], [`/problems/${type}`, value]);
    assert.deepEqual(upload[UPLOAD[attribute].property], UPLOAD[attribute].initial, "the property stays typed");
  }
  const upload = elementOf("sluice-upload");
  upload.extraData = 7;
  assert.equal(attributeProblem(upload, UPLOAD)?.extra.value, "7");
});

test("the options of the load that a page gives have the names of the API", () => {
  for (const name of ["sluice-upload", "sluice-import-dialog"]) {
    const element = elementOf(name);
    assert.deepEqual(givenOptions(element), {});
    set(element, "mode", "update");
    set(element, "on-rejections", "stop");
    set(element, "guards", { max_rejected: 0.05 });
    assert.deepEqual(givenOptions(element), { mode: "update", on_rejections: "stop", guards: { max_rejected: 0.05 } });
    element.setAttribute("guards", '{"max_deleted": 500}');
    assert.deepEqual(givenOptions(element).guards, { max_deleted: 500 });
  }
});
