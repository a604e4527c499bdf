"""The registry has every importer of the catalogue, and importers keep the columns that their users rely on."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from types import ModuleType

import pytest

from sluice.catalog.conventions import INDONESIAN, INTERNATIONAL
from sluice.catalog.registry import IMPORTERS, importer_named, importers_by_name
from sluice.model.errors import NotFound
from sluice.model.recipe import Recipe
from sluice.schema.decisions import decisions_for, settle
from sluice.schema.importer import Column, Importer
from sluice.schema.validation import check_rows
from tests.unit.catalog.modules import catalog_modules

NAMES = sorted(importer.name for importer in IMPORTERS)

# The columns that files of the users of each importer have; the key is the first.
COLUMNS = {
    "products": (
        "Part Number, Description, Brand, Category, Price, Currency, Stock, Free Stock, Supplier, Updated, Active"
    ),
    "dealers": "Dealer Code, Name, Email, Phone, City, Country, Tier, Active",
    "sos": (
        "ORDER_ID, NIPNAS, STANDARD_NAME, ORDER_SUBTYPE, SEGMEN, SUB_SEGMEN, CUST_WITEL, SERVICE_WITEL, "
        "LI_PRODUCT_NAME, LI_MILESTONE, LI_STATUS, LI_STATUS_DATE, BIAYA_PASANG, HRG_BULANAN, REVENUE, "
        "ORDER_CREATED_DATE, KATEGORI"
    ),
    "hsi": (
        "ORDER_ID, REGIONAL, WITEL, DATEL, STO, JENISPSB, TYPE_TRANS, TYPE_LAYANAN, STATUS_RESUME, PROVIDER, "
        "ORDER_DATE, LAST_UPDATED_DATE, NCLI, POTS, SPEEDY, CUSTOMER_NAME, CONTACT_HP, INS_ADDRESS, GPS_LATITUDE, "
        "GPS_LONGITUDE"
    ),
    "jt": (
        "ID_I_HLD, WITEL, REGION, URAIAN_KEGIATAN, BATCH_PROGRAM, STATUS_PROYEK, TANGGAL_MULAI, TANGGAL_TARGET, "
        "TANGGAL_GOLIVE, TOTAL_PORT, PORT_TERISI, NILAI_BOQ, MITRA"
    ),
    "datin": (
        "ORDER_ID, SID, NIPNAS, NAMA_PELANGGAN, LAYANAN, BANDWIDTH_MBPS, WITEL_ASAL, WITEL_TUJUAN, STATUS, "
        "TANGGAL_ORDER, TANGGAL_AKTIVASI, HARGA_BULANAN"
    ),
    "voters": "ID Number, First Names, Surname, Cell, Ward",
}
FROM_INDONESIA = {"sos", "hsi", "jt", "datin"}


@pytest.mark.parametrize("module", catalog_modules(), ids=lambda module: module.__name__)
def test_every_importer_that_a_file_declares_is_in_the_registry(module: ModuleType) -> None:
    """A file declares one importer, by the file's name, and the registry has it."""
    declared = [found for found in vars(module).values() if isinstance(found, Importer)]
    assert [found for found in declared if found not in IMPORTERS] == []
    assert [found.name for found in declared] in ([], [module.__name__.rpartition(".")[2]])


@pytest.mark.parametrize("name", NAMES)
def test_an_importer_is_found_by_its_name(name: str) -> None:
    """Callers use this name."""
    assert importer_named(name).name == name


@pytest.mark.parametrize(("alias", "name"), [("digital_product", "sos"), ("analysis", "sos"), ("tambahan", "jt")])
def test_an_importer_is_found_by_its_aliases(alias: str, name: str) -> None:
    """Users know the importer by these names."""
    assert importer_named(alias) is importer_named(name)


@pytest.mark.parametrize("aliases", [("products",), ("goods", "goods"), ("articles",)])
def test_two_importers_with_one_name_are_an_error(aliases: tuple[str, ...]) -> None:
    """It is raised at import, not when a file goes to the wrong importer."""
    products = replace(importer_named("products"), aliases=("articles",))
    with pytest.raises(ValueError, match="names two importers, "):
        importers_by_name([products, replace(products, name="others", aliases=aliases)])


@pytest.mark.parametrize("name", ["", "Products", "products ", "../products", "registry"])
def test_an_unknown_importer_is_not_found(name: str) -> None:
    """The error names what the caller gave."""
    with pytest.raises(NotFound, match=f"not-found/importer.*'{name}'"):
        importer_named(name)


@pytest.mark.parametrize("name", COLUMNS)
def test_an_importer_keeps_its_columns(name: str) -> None:
    """Titles are in order, and the first one is the key."""
    columns = importer_named(name).columns
    assert [column.title for column in columns] == COLUMNS[name].split(", ")
    assert [column.key for column in columns] == [True] + [False] * (len(columns) - 1)
    assert columns[0].required


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_each_header_belongs_to_one_column(importer: Importer) -> None:
    """Case, spaces and punctuation are ignored, so two headers must differ in more than that."""
    known = [{"".join(filter(str.isalnum, title.casefold())) for title in found.titles} for found in importer.columns]
    assert sum(map(len, known)) == len(set[str]().union(*known))


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_the_examples_of_an_importer_are_good_rows(importer: Importer) -> None:
    """The template shows them, in the conventions of the importer."""
    fields = {place: column.field for place, column in enumerate(importer.columns)}
    examples = [(info.examples or [None])[0] for info in importer.row.model_fields.values()]
    assert None not in examples
    checked = check_rows(importer, fields, "Sheet", [(2, examples)])
    assert checked.rejections == []
    _, questions = settle(Recipe().with_decisions(decisions_for(importer, fields)), checked.evidence, importer)
    assert questions == [], "an example must not be ambiguous"


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_every_column_has_a_description(importer: Importer) -> None:
    """The template's notes and the importer's page show the sentence."""
    described = [info.description or "" for info in importer.row.model_fields.values()]
    assert [text for text in described if not (text and text[0].isupper() and text.endswith("."))] == []


@pytest.mark.parametrize("name", COLUMNS)
def test_indonesian_files_have_indonesian_numbers_and_dates(name: str) -> None:
    """The others have decimal points, and each of their files has to show the order of its dates."""
    assert importer_named(name).conventions == (INDONESIAN if name in FROM_INDONESIA else INTERNATIONAL)


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("word", ["Total", "JUMLAH", "Sub Jumlah:", "Gesamtsumme"])
def test_totals_are_recognised_in_english_indonesian_and_german(name: str, word: str) -> None:
    """Every importer gets files of such reports."""
    importer = importer_named(name)
    checked = check_rows(importer, {1: importer.columns[0].field}, "Sheet", [(2, [word])])
    assert (checked.seen, checked.ignored) == (0, 1)


@pytest.mark.parametrize("module", catalog_modules(), ids=lambda module: module.__name__)
def test_every_importer_that_loads_declares_what_a_blank_cell_means_and_why(module: ModuleType) -> None:
    """A default would wipe values of a price list in silence, or keep those that a full extract has emptied."""
    declared = [found for found in vars(module).values() if isinstance(found, Importer) and not found.lookup]
    if not declared:
        return
    (importer,) = declared
    text = inspect.getsource(module)
    reason = re.search(r"""\bblanks=["'](?:keep|clear)["'],? *# *(\S.*)""", text)
    assert reason, (
        f"{module.__file__} does not declare what a blank cell of '{importer.name}' means. Add blanks=\"keep\" for "
        'files that say only what has changed, such as price lists, or blanks="clear" for full extracts, with the '
        "reason in a comment on the same line; see docs/what-an-import-changes.md."
    )


def test_only_importers_of_small_files_are_synchronous() -> None:
    """API Gateway ends a request after 29 seconds."""
    assert all(importer.max_rows <= 10_000 for importer in IMPORTERS if importer.synchronous)


def test_a_column_without_a_default_is_required() -> None:
    """A file without it is rejected."""

    def required(columns: tuple[Column, ...]) -> list[str]:
        return [column.title for column in columns if column.required]

    assert required(importer_named("products").columns) == ["Part Number", "Description", "Price"]
    assert required(importer_named("dealers").columns) == ["Dealer Code", "Name"]
    assert required(importer_named("sos").columns) == ["ORDER_ID", "STANDARD_NAME", "ORDER_CREATED_DATE"]
    assert required(importer_named("hsi").columns) == ["ORDER_ID", "WITEL", "ORDER_DATE"]
    assert required(importer_named("jt").columns) == ["ID_I_HLD", "WITEL", "URAIAN_KEGIATAN"]
    assert required(importer_named("datin").columns) == ["ORDER_ID", "NAMA_PELANGGAN", "LAYANAN"]
    assert required(importer_named("voters").columns) == ["ID Number"]
