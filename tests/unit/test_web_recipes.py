"""What pages say of decisions, questions and their evidence: words for everything that the API can send."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any, get_args

import pytest

from sluice.api.importers import question_response
from sluice.catalog.products import products
from sluice.model.options import Guards
from sluice.model.recipe import (
    AGREEING,
    AMBIGUOUS,
    HIDDEN,
    KINDS,
    SHEETS,
    Decision,
    Evidence,
    How,
    Question,
    Recipe,
    Shown,
)
from sluice.reading.header import Header, ask_for_mapping
from sluice.schema.decisions import settle
from tests.support.javascript import WEB, evaluate

PRICE = Evidence(
    {"either": 2, ".": 1200, ",": 1},
    (Shown(4, "1.250", "either"), Shown(9, "2.500", "either"), Shown(2, "12.50", "."), Shown(7, "9,5", ",")),
)
UPDATED = Evidence({"either": 1}, (Shown(3, "04/05/2026", "either"),))


def asked(key: str, value: str, evidence: Evidence) -> dict[str, Any]:
    """The question that evidence leads to, as the API shows it."""
    recipe = Recipe(1, {key: Decision(value, "default")})
    (question,) = settle(recipe, {key: evidence}, products)[1]
    return question_response(question).model_dump(mode="json")


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_kind_of_question_evidence_and_decision_has_words(language: str) -> None:
    shows = {*AMBIGUOUS, *(each for agreeing in AGREEING.values() for each in agreeing)}
    signs = {".": "point", ",": "comma"}
    guards = [f"guard.{each.name}" for each in fields(Guards)]
    kinds = [kind for kind in KINDS if kind != "guard"]
    keys = [
        *(f"question.{kind}" for kind in (*kinds, *guards)),
        *(
            f"decision.{kind}"
            for kind in {*kinds, *guards, "columns", "constants", SHEETS, HIDDEN} - {"mapping", "drift", "sheet"}
        ),
        *(f"how.{how}" for how in get_args(How)),
        *(f"{room}.{signs.get(show, show)}" for show in shows for room in ("shows", "found")),
        *(f"choice.decimal.{sign}" for sign in signs.values()),
        *(f"choice.date_order.{value}" for value in AGREEING if value not in signs),
        *(f"evidence.{each.name}" for each in fields(Guards)),
    ]
    missing = "keys.filter((key) => it.t(key, {}, language, '') === '')"
    assert evaluate("shared/strings.js", missing, keys=keys, language=language) == []


def test_a_choice_says_how_it_reads_the_ambiguous_cells_and_how_many_others_it_rejects() -> None:
    """A number is shown without groups, which could be mistaken for decimals; a day in words."""
    said = """questions.map((each) => each.choices.map((choice) => it.choiceTexts(each, choice, "en").join(": ")))"""
    questions = [asked("decimal.price", ".", PRICE), asked("date_order.updated", "dmy", UPDATED)]
    assert evaluate("shared/questions.js", said, questions=questions) == [
        [
            "A point: Row 4: 1.250 is 1.25. Row 9: 2.500 is 2.5. 1 cell is rejected.",
            "A comma: Row 4: 1.250 is 1250. Row 9: 2.500 is 2500. 1,200 cells are rejected.",
        ],
        ["Day first: Row 3: 04/05/2026 is 4 May 2026.", "Month first: Row 3: 04/05/2026 is 5 April 2026."],
    ]
    indonesian = said.replace('"en"', '"id"')
    assert evaluate("shared/questions.js", indonesian, questions=questions)[0][1].endswith("1.200 sel ditolak.")


def test_evidence_says_how_many_cells_show_what_with_the_first_of_each() -> None:
    texts = evaluate(
        "shared/recipes.js", "it.foundTexts(found, { lang: 'en', withExamples: true })", found=asdict(PRICE)
    )
    assert texts == [
        "2 cells can be read in both ways, such as 1.250 in row 4",
        "1,200 cells have a decimal point, such as 12.50 in row 2",
        "1 cell has a decimal comma, such as 9,5 in row 7",
    ]


def test_a_question_about_missing_columns_offers_their_headers_by_likeness() -> None:
    """The form has a select for each missing column."""
    header = Header(
        row=1,
        fields={0: "part_number", 1: "description"},
        titles=["SKU", "Name", "Shelf", "Prise"],
        matched={"part_number": "SKU", "description": "Name"},
        ignored=["Shelf", "Prise"],
    )
    question = ask_for_mapping(header, products.columns, can_update=True)
    assert question is not None
    shown = question_response(question).model_dump(mode="json")
    found = evaluate("shared/questions.js", "it.headersByColumn(shown.choices)", shown=shown)
    assert found == [{"title": "Price", "field": "price", "headers": ["Prise", "Shelf"]}]
    text = evaluate("shared/questions.js", "it.questionText(shown, 'en')", shown=shown)
    assert text == "Which header of the file stands for Price?"


def test_a_decision_has_a_name_and_a_value_in_words() -> None:
    titles = {"price": "Price", "updated": "Updated", "brand": "Brand"}
    decisions: list[tuple[str, Any]] = [
        ("decimal.price", ","),
        ("date_order.updated", "mdy-swapped"),
        ("columns", {"Maker": "brand", "Preis": "unknown"}),
        ("header", 3),
        ("constants.ward", "7980"),
        ("guard.max_rejected", "exceed"),
    ]
    said = """decisions.map(([key, value]) => {
      const words = [it.decisionText(key, titles, "en"), it.valueText(key, value, titles, "en")];
      return words.join(": ");
    })"""
    assert evaluate("shared/recipes.js", said, decisions=decisions, titles=titles) == [
        "Decimal mark of Price: A comma",
        "Order of dates in Updated: Month first, with typed dates swapped back",
        "Headers matched to columns: Maker → Brand, Preis → unknown",
        "Row of the header: 3",
        "ward, for the whole file: 7980",
        "More rejected rows than allowed: Let it through",
    ]


def test_answers_that_came_after_others_show_what_holds_and_the_job_as_it_is() -> None:
    """Any other rejection of an answer, such as that of an expired job, shows the job too."""
    question = question_response(Question("decimal.price", "decimal", params={"column": "Price"})).model_dump(
        mode="json"
    )
    job = {"id": "J1", "questions": [question], "recipe": {"version": 1}}
    conflict = {"type": "/problems/answered-otherwise", "title": "x", "holds": {"decimal.price": ","}, "version": 2}
    ended = {"type": "/problems/illegal-transition", "title": "The job is cancelled"}
    script = """await (async () => {
      const { configure } = await import(api);
      configure({ apiUrl: "https://api.example/v1", token: "x" });
      document.baseURI = "https://shop.example/";
      const answers = [];
      for (const problem of problems) {
        const respond = (method) => (method === "POST" ? [problem, 409] : [{ id: "J1", now: true }, 200]);
        globalThis.fetch = async (url, { method }) => {
          const [body, status] = respond(method);
          return Response.json(body, { status });
        };
        const { job: now, problem: late } = await it.sendAnswers(job, { version: 1, answers: {} }, { lang: "en" });
        answers.push([now.now, `${late}`]);
      }
      return answers;
    })()"""
    api = (WEB / "shared/api.js").as_uri()
    found = evaluate(
        "shared/recipes.js", script, api=api, job=job, problems=[conflict, {**conflict, "holds": {}}, ended]
    )
    rest = "our answers were not taken; the job is shown as it is now."
    assert found == [
        [True, f"Another answer came first: By now “Decimal mark of Price” is “A comma”. Y{rest}"],
        [True, f"Another answer came first: Y{rest} Please answer again."],
        [True, "The job is cancelled"],
    ]


def test_what_was_remembered_is_said_with_how_the_headers_differ() -> None:
    drift = {"missing": {"Betrag": "price", "Lager": "stock", "Alt": None}, "new": ["Betrag netto", "Neu"]}
    recalled: dict[str, Any] = {
        "name": None,
        "job": "J0",
        "by": "ann",
        "at": "2026-11-21T22:42:01Z",
        "alike": 0.925,
        "offered": {},
    }
    job = recalled | {"drift": drift | {"renamed": {"Betrag": "Betrag netto"}}}
    saved = recalled | {
        "name": "nordparts",
        "job": None,
        "alike": 1,
        "drift": {"missing": {}, "new": [], "renamed": {}},
    }
    said = "given.map((each) => it.recallTexts(each, { stock: 'Stock' }, 'en'))"
    texts = evaluate("shared/recipes.js", said, given=[job, saved, recalled | {"alike": 0}, None])
    assert texts[0][0].startswith("92% of the headers are those of an earlier file: job J0 of ann, 21 Nov 2026")
    assert texts[0][1:] == [
        "Not in this file any more: Lager → Stock, Alt.",
        "New in this file: Neu.",
        "Likely renamed: Betrag → Betrag netto.",
    ]
    assert texts[1][0].startswith("Read by the recipe “nordparts” of ann, 2")
    assert [len(each) for each in texts[1:]] == [1, 0, 0]
