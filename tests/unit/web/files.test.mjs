// `accepted-files`: endings, media types, and everything.
import assert from "node:assert/strict";
import { test } from "node:test";

import { acceptedFiles, checkFile, namesOf } from "../../../web/shared/files.js";

const csv = { name: "Prices.CSV", type: "", size: 5 };
const excel = { name: "prices.csv", type: "application/vnd.ms-excel", size: 5 };
const xlsx = { name: "prices.xlsx", type: "", size: 5 };
const photo = { name: "photo", type: "image/png", size: 5 };

const accepts = (text, file) => checkFile(file, { accepted: acceptedFiles(text), maxBytes: 0 }) === null;

test("every spelling of an ending accepts the files with it, and no others", () => {
  for (const text of [".csv", "csv", "*.csv", " CSV ", "text/csv", "text/*", ".xls,.csv"]) {
    assert.ok(accepts(text, csv), text);
    assert.ok(accepts(text, excel), `${text}, with the media type that Windows gives to CSV`);
    assert.ok(!accepts(text, xlsx), text);
  }
  assert.ok(accepts("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx));
  assert.ok(!accepts("csv", { name: "pricescsv", type: "", size: 5 }), "an ending begins with its dot");
});

test("a star, with or without dots, accepts every file", () => {
  for (const text of ["*.*", "*", "*/*", "", null, "*.*,.csv"]) {
    for (const file of [csv, xlsx, photo]) assert.ok(accepts(text, file), `${text} ${file.name}`);
    assert.equal(acceptedFiles(text).accept, "");
  }
});

test("a media type without a known ending is compared with that of the file", () => {
  assert.ok(accepts("image/*", photo));
  assert.ok(accepts("image/png", photo));
  assert.ok(!accepts("image/*", csv), "a file without a type");
  assert.ok(!accepts("image/jpeg", photo));
});

test("the chooser gets endings and media types, a reader gets endings", () => {
  const accepted = acceptedFiles("xlsx, text/csv, image/*");
  assert.equal(accepted.accept, ".xlsx,.csv,text/csv,image/*");
  assert.equal(namesOf(accepted), ".xlsx, .csv, image/*");
});

test("a file with a wrong type, without content or that is too large is a problem with its facts", () => {
  const accepted = acceptedFiles(".csv");
  const problem = (file) => checkFile(file, { accepted, maxBytes: 10 });
  assert.deepEqual([problem(xlsx).type, problem(xlsx).extra.types], ["/problems/type", ".csv"]);
  assert.equal(problem({ ...csv, size: 0 }).type, "/problems/empty");
  assert.deepEqual(problem({ ...csv, size: 11 }).extra, { name: "Prices.CSV", size: 11, limit: 10 });
  assert.equal(problem({ ...csv, size: 10 }), null);
});
