"""Titles of columns: what each means by itself, and which header is suggested for a column."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.catalog.registry import IMPORTERS, importer_named
from sluice.reading.matching import assign, currencies_of, letter_of, normal, places_of, words_of
from sluice.reading.suggesting import SUGGESTED, suggest
from sluice.schema.cell_types import Conventions
from sluice.schema.importer import Column, Importer

COLUMNS = (
    Column("part_number", ("Part Number", "SKU"), True, True, synonyms=("Artikelnummer", "Item No"), hints=("Code",)),
    Column("description", ("Description", "Name"), True, False, synonyms=("Bezeichnung", "Nazwa", "Title")),
    Column("price", ("Price", "Unit Price"), True, False, synonyms=("Preis", "Prix HT"), hints=("List Price",)),
    Column("stock", ("Stock", "Quantity"), False, False, synonyms=("Bestand", "Verfügbar", "Størrelse", "Ilość")),
    Column("active", ("Active",), False, False, hints=("Status",)),
)
FIELDS = [column.field for column in COLUMNS]


def fields(*titles: str, chosen: dict[str, str] | None = None) -> dict[str, str]:
    """Return what titles mean by themselves."""
    return {titles[at]: field for at, field in assign(titles, COLUMNS, chosen or {}).items()}


def likely(*titles: str) -> dict[str, str]:
    """Return the preselected headers by field."""
    found = suggest(COLUMNS, titles)
    return {field: each.likely for field, each in found.items() if each.likely}


@pytest.mark.parametrize("title", ["ARTIKELNUMMER", " artikel-nummer ", "Artikel\nNummer", "Artikel\u00a0Nummer*"])
def test_a_synonym_means_its_column_in_any_spelling(title: str) -> None:
    assert fields(title) == {title: "part_number"}


@pytest.mark.parametrize("title", ["Verfugbar", "Verfuegbar", "verfügbar", "STORRELSE", "Ilosc", "ilość"])
def test_a_synonym_may_be_written_without_the_letters_of_its_language(title: str) -> None:
    assert fields(title) == {title: "stock"}


@pytest.mark.parametrize("title", ["Preis (Pflichtfeld)", "Price [required]", "Price (0/1)"])
def test_a_note_in_brackets_changes_nothing(title: str) -> None:
    assert fields(title) == {title: "price"}


@pytest.mark.parametrize("title", ["Item #", "Item No.", "item nº"])
def test_a_number_sign_is_a_number(title: str) -> None:
    assert fields(title) == {title: "part_number"}


@pytest.mark.parametrize("title", ["Price (USD)", "List Price", "Status", "Code", "Old Price", "Prise", "Price 2"])
def test_what_may_mean_something_else_means_nothing_by_itself(title: str) -> None:
    """A price in dollars is not one in the importer's currency."""
    assert fields(title) == {}


@pytest.mark.parametrize("title", ["Price (yes/no)", "Price [dd/mm/yyyy]", "Preis (ja/nein)", "Price (if any)"])
def test_how_a_column_is_filled_in_is_a_note(title: str) -> None:
    assert fields(title) == {title: "price"}


def test_the_number_of_a_column_before_its_title_changes_nothing() -> None:
    assert fields("1. SKU", "2) Preis", "3 : Active") == {
        "1. SKU": "part_number",
        "2) Preis": "price",
        "3 : Active": "active",
    }


@pytest.mark.parametrize("titles", [["2. Price", "Size"], ["Size", "1 Price"], ["1.Price 2"], ["1.5"]])
def test_another_number_before_a_title_says_which_of_several_it_is(titles: list[str]) -> None:
    assert fields(*titles) == {}


# Words that are in files of any kind, and what they mean to an importer by themselves: its own titles, and the names
# of a thing where the importer has one kind of thing.
GENERIC = {
    "products": {"Name": "description", "Title": "description", "Group": "category", "Quantity": "stock"},
    "dealers": {"Name": "name", "Code": "dealer_code", "Level": "tier", "Company": "name"},
    "sos": {"Status": "li_status"},
    "hsi": {"Status": "status_resume"},
    "jt": {"Status": "status_proyek"},
    "datin": {"Status": "status"},
    "voters": {},
}


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_a_generic_word_means_nothing_by_itself_unless_the_importer_declares_it(importer: Importer) -> None:
    texts = (
        "Name Code No No. # Type Status Value ID Number Date Title Group Level State Company Customer Amount Quantity",
        "Total Unit Note Comment Key Text Field Data Info Class Material Item Product Model Size Rate Balance Count",
    )
    words = " ".join(texts).split()
    found = {word: assign([word], importer.columns, {}).get(0) for word in words}
    assert {word: field for word, field in found.items() if field} == GENERIC[importer.name]


def test_the_own_title_of_a_column_wins_over_its_other_names() -> None:
    """A shop's export has Name beside Description."""
    assert fields("Name", "Title", "Description") == {"Description": "description"}
    assert fields("Title", "Name") == {"Name": "description"}
    assert fields("Nazwa", "Title") == {"Nazwa": "description"}


def test_two_equally_strong_titles_both_match_and_so_do_all_titles_of_the_key() -> None:
    """A file with both is rejected: only its sender knows which one is meant."""
    assert fields("Price", "PRICE*") == {"Price": "price", "PRICE*": "price"}
    assert fields("Part Number", "SKU") == {"Part Number": "part_number", "SKU": "part_number"}


@pytest.mark.parametrize("title", ["Price $", "Price ($)", "€ Price", "Price ¢", "Price %", "Price (%)", "Price ％"])
def test_a_sign_of_a_currency_or_of_per_cent_makes_another_title(title: str) -> None:
    """A person says whether it is the column; what else is written beside a title says nothing."""
    assert fields(title) == {}
    assert fields("Price", title) == {"Price": "price"}
    assert {*fields("Price*"), *fields("Price #"), *fields("Price:")} == {"Price*", "Price #", "Price:"}


PRODUCTS = importer_named("products").columns


def of_products(*titles: str) -> dict[str, str]:
    """Return what titles mean by themselves to `products`, whose prices are in EUR."""
    return {titles[at]: field for at, field in assign(titles, PRODUCTS, {}).items()}


@pytest.mark.parametrize(
    ("titles", "field"),
    [
        ("Stock (pcs); Qty [pcs]; Stok (pcs); Bestand (Stk.); Bestand (Stück); Stock (units); Ilość (szt.)", "stock"),
        (
            "Bestand Stk; Stock_pcs; Quantity in pcs; Stock ea; 在庫数(個); 库存数量（件）; Stock (pcs) [required]",
            "stock",
        ),
        ("Updated (UTC); Last Modified UTC; Geändert am (GMT)", "updated"),
        (
            "Price (EUR); Preis [EUR]; PRICE_EUR; Preis €; Preis in €; Prix HT (€); Net price, EUR; Price EUR *",
            "price",
        ),
        ("Price (net); Price net; Preis/Stk; Price/pc; Variant Price", "price"),
    ],
)
def test_a_unit_that_the_values_of_a_column_have_anyway_changes_nothing(titles: str, field: str) -> None:
    """Pieces of a whole number, the zone of a date whose time is dropped, and the currency that the importer has."""
    for title in titles.split("; "):
        assert of_products(title) == {title: field}


@pytest.mark.parametrize(
    "titles",
    [
        "Price (USD); Price $; Price ($); £ Price; Price (EUR/kg); Price (1000 EUR); Price EUR cents; Price (T€)",
        "Price (EUR) (USD); Price EUR (incl. VAT); Price (EUR) per kg; Old Price (EUR); List Price (EUR); Price/unit",
        "Stock (kg); Stock %; Stock (1000); Stock (boxes); Stock (1000 pcs); Stock Unit; Stock pallets; Stock (EUR)",
        "Updated (week); Updated (UTC+7); Updated EUR; Updated pcs; Price (kg); Price (UTC); Brand (pcs); EUR; (pcs)",
        "Part Number (pcs); SKU EUR; Stok Buah; Qty stuck; Stock each; Stock DB",
    ],
)
def test_a_unit_that_scales_or_is_of_another_kind_makes_another_title(titles: str) -> None:
    for title in titles.split("; "):
        assert of_products(title) == {}, title


def test_a_title_alone_wins_over_one_with_a_unit_and_two_with_a_unit_mean_nothing() -> None:
    assert of_products("Price (EUR)", "Preis") == {"Preis": "price"}
    assert of_products("Stock (pcs)", "Stock") == {"Stock": "stock"}
    assert of_products("Price (EUR)", "Price (USD)") == {"Price (EUR)": "price"}
    assert of_products("Price (EUR)", "Price EUR") == {}
    assert of_products("Preis", "PREIS", "Price (EUR)") == {}


def test_the_currency_of_amounts_is_the_default_of_their_currency_or_that_of_the_conventions() -> None:
    assert {column.field: column.currency for column in PRODUCTS if column.currency} == {"price": "EUR"}
    sos = importer_named("sos")
    assert not any(column.currency for column in replace(sos, conventions=Conventions()).columns)
    in_rupiah = replace(sos, conventions=Conventions(currency="IDR")).columns
    assert list(assign(["REVENUE (Rp)"], in_rupiah, {}).values()) == ["revenue"]
    assert assign(["REVENUE (EUR)", "REVENUE ($)"], in_rupiah, {}) == {}


def test_titles_name_the_currency_of_their_columns() -> None:
    titles = ["Price (EUR)", "Stock (pcs)", "Price"]
    assert currencies_of(titles, {0: "price", 1: "stock"}, PRODUCTS) == {"price": "EUR"}
    assert currencies_of(titles, {2: "price", 1: "stock"}, PRODUCTS) == {}
    assert currencies_of(["Price (USD)"], {0: "price"}, PRODUCTS) == {}


@pytest.mark.parametrize("title", ["Desc.", "Material", "Rate", "VK", "Internal Reference", "By", "Price/unit"])
def test_a_short_title_that_may_be_another_column_decides_nothing(title: str) -> None:
    """Desc. is a discount in Spanish, a material may be steel, and SAP's price unit is a number of pieces."""
    assert of_products(title) == {}


@pytest.mark.parametrize(
    ("title", "field"),
    [
        *[("Marque", "brand"), ("Variant SKU", "part_number"), ("Variant Inventory Qty", "stock")],
        ("On Hand Qty", "stock"),
    ],
)
def test_titles_of_shops_mean_their_columns(title: str, field: str) -> None:
    assert of_products(title) == {title: field}


def test_of_two_synonyms_none_is_the_key() -> None:
    assert fields("Artikelnummer", "Item No", "Preis") == {"Preis": "price"}
    assert fields("Artikelnummer", "SKU") == {"SKU": "part_number"}


def test_a_synonym_that_comes_twice_means_nothing() -> None:
    assert fields("Preis", "PREIS") == {}


def test_a_synonym_of_two_columns_means_neither() -> None:
    columns = tuple(Column(name, (name,), False, False, synonyms=("Same",)) for name in ("a", "b"))
    assert assign(["Same", "A"], columns, {}) == {1: "a"}


def test_a_header_that_a_caller_chose_takes_the_place_of_every_other_one() -> None:
    assert fields("Price", "Net", chosen={"net": "price"}) == {"Net": "price"}
    assert fields("Price", "Preis", chosen={"Price": "description"}) == {"Price": "description", "Preis": "price"}


def test_a_caller_names_one_of_several_headers_as_it_is_written_or_by_the_letter_of_its_column() -> None:
    assert places_of("Price*", ["Price", "Price*"]) == [1]
    assert places_of("price", ["Price", "Price*"]) == [0, 1]
    assert places_of("Price [C]", ["SKU", "Price", "Price"]) == [2]
    assert places_of("Price [D]", ["SKU", "Price", "Price"]) == []
    assert [letter_of(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("Artikelnumer", "part_number"),  # misspelt
        ("Variant SKU", "part_number"),  # whose it is
        ("unitPrice [EUR]", "price"),
        ("Price (USD)", "price"),
        ("Preis netto", "price"),
        ("List Price", "price"),
        ("Status", "active"),
        ("Code", "part_number"),
        ("Bezeichn.", "description"),  # abbreviated
    ],
)
def test_a_header_that_likely_means_a_column_is_preselected(title: str, field: str) -> None:
    assert likely(title) == {field: title}


@pytest.mark.parametrize(
    "title",
    [
        "Old Price",
        "Price 2",
        "Customer Code",
        "Pre.",
        "Artikelnum",
        "Artikelnummer Nr",
        "Image Name",
        "Colour",
        "Prise",
        "",
        "###",
    ],
)
def test_a_header_that_may_mean_another_thing_is_not_preselected(title: str) -> None:
    assert likely(title) == {}


def test_an_ambiguous_name_is_preselected_only_if_no_other_header_is_like_the_column() -> None:
    assert likely("Status", "Active since") == {}
    assert suggest(COLUMNS, ["Status", "Active since"])["active"].headers == ("Status", "Active since")


def test_a_header_is_preselected_for_one_column_and_suggested_last_for_others() -> None:
    found = suggest(COLUMNS, ["Price per Stock", "Unit Price", "Stock"])
    assert (found["price"].likely, found["stock"].likely) == ("Unit Price", "Stock")
    assert found["price"].headers == ("Unit Price", "Price per Stock")
    assert found["stock"].headers == ("Stock", "Price per Stock")


def test_words_are_split_by_case_and_signs_and_a_unit_in_brackets_is_none() -> None:
    assert words_of("unitPrice_EUR (USD)") == ("unit", "price", "eur")
    assert words_of("POCity") == ("po", "city")
    assert words_of("Item #") == ("item", "no")
    assert words_of("E-Mail 1 - Value (home)") == ("e", "mail", "1", "value", "home")


TITLES = st.lists(
    st.one_of(
        st.sampled_from([title for column in COLUMNS for title in (*column.titles, *column.synonyms, *column.hints)]),
        st.text(max_size=12),
    ),
    max_size=12,
)


@given(TITLES)
def test_whatever_the_titles_each_is_matched_to_one_column_and_none_is_made_up(titles: Sequence[str]) -> None:
    """In whatever order the columns come, they mean the same."""
    found = assign(titles, COLUMNS, {})
    assert set(found) <= set(range(len(titles)))
    assert set(found.values()) <= set(FIELDS)
    backwards = assign(titles[::-1], COLUMNS, {})
    assert {len(titles) - 1 - at: field for at, field in backwards.items()} == found


@given(TITLES)
def test_whatever_the_titles_suggestions_are_among_them_and_one_header_is_preselected_for_one_column(
    titles: Sequence[str],
) -> None:
    found = suggest(COLUMNS, titles)
    assert list(found) == FIELDS
    assert all(set(each.headers) <= set(titles) and len(each.headers) <= SUGGESTED for each in found.values())
    chosen = [each.likely for each in found.values() if each.likely is not None]
    assert len(chosen) == len(set(chosen))
    assert all(each.likely in (None, each.headers[0] if each.headers else None) for each in found.values())


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_no_synonym_of_a_column_is_a_synonym_of_another_one(importer: Importer) -> None:
    """Neither of them would mean it by itself."""
    named = [(column.field, {*map(normal, column.synonyms)}) for column in importer.columns]
    shared = [(a, b, x & y) for (a, x), (b, y) in itertools.combinations(named, 2) if x & y]
    assert shared == []


def test_a_file_with_many_columns_is_matched_in_time_that_grows_with_them() -> None:
    """Suggestions are made for the first ones, and no header of any length is compared for long."""
    titles = [f"Attribute {number} of {'x' * length}" for length in (20, 200) for number in range(1_000)]
    assert suggest(importer_named("products").columns, titles)["price"].likely is None
