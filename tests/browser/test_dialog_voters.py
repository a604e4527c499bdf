"""Voters in the import dialog: the field for their ward, the lookup, and the workbook."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Page, ViewportSize, expect

from local.fake_upstreams.voters import WARD
from tests.browser.conftest import PageAt, Setting
from tests.browser.test_dialog import OVERFLOW, PAGE, heading
from tests.browser.voters import book, choose
from tests.support.people import Person

FIRST = 500_000
PHONE: ViewportSize = {"width": 390, "height": 800}


def opened(page_at: PageAt, person: Person, button: str, address: str = PAGE, **options: object) -> Page:
    """Open the dialog for the importer of voters."""
    page = page_at(address, person, **options)
    page.locator("sluice-import-dialog").evaluate("dialog => dialog.setAttribute('schema-name', 'voters')")
    page.get_by_role("button", name=button).click()
    return page


def steps(page: Page) -> list[str]:
    """The texts of the steps."""
    return page.locator("sluice-import-dialog .steps li").all_text_contents()


def test_a_file_without_a_ward_is_not_sent_before_the_ward_is_typed(
    page_at: PageAt, ann: Person, commission: Setting, accessible: Callable[[Page, str], None], tmp_path: Path
) -> None:
    """There is no preview: the lookup follows the check, and the result can be downloaded."""
    commission(rate=30)
    page = opened(page_at, ann, "Import a price list")
    expect(page.get_by_role("dialog", name="Import Voters")).to_be_visible()
    ward, alert = page.get_by_role("textbox", name="Ward"), page.get_by_role("alert")
    choose(page, "members.xlsx", book(tmp_path, 150, FIRST))
    expect(alert).to_contain_text("Not sent: members.xlsx")
    expect(ward).to_be_focused()
    assert steps(page) == ["1. File", "2. Check", "3. Look up"]
    accessible(page, "asking for the ward")
    ward.fill("123")
    send = page.get_by_role("button", name="Send members.xlsx")
    send.click()
    expect(alert).to_contain_text(f"Ward must look like {WARD}.")
    accessible(page, "a ward that cannot be one")
    assert ann.everything("/jobs", 10) == []
    ward.fill(WARD)
    send.click()

    heading(page, "The rows are being looked up")
    assert steps(page) == ["1. File (finished)", "2. Check (finished)", "3. Look up"]
    expect(page.locator("sluice-progress")).to_contain_text("Looking up")
    accessible(page, "looking up")
    heading(page, "The rows have been looked up")
    expect(page.get_by_text("150 rows were looked up.")).to_be_visible()
    expect(page.get_by_text(re.compile("added|changed"))).to_have_count(0)
    expect(page.locator("sluice-import-dialog .files button").first).to_contain_text("result.xlsx")
    accessible(page, "the end")
    with page.expect_download() as coming:
        page.get_by_role("button", name="result.xlsx").click()
    saved = tmp_path / "result.xlsx"
    coming.value.save_as(saved)
    assert "Registered in this ward" in load_workbook(saved, read_only=True).sheetnames
    (job,) = ann.everything("/jobs", 10)
    assert (job["status"], job["review"], job["recipe"]["constants"]) == ("completed", False, {"ward": WARD})


def test_a_lookup_fits_a_phone_in_indonesian(page_at: PageAt, ann: Person, commission: Setting, tmp_path: Path) -> None:
    """The ward comes from the file name; the next file needs its own."""
    page = opened(page_at, ann, "Impor daftar harga", f"{PAGE}?lang=id", viewport=PHONE, color_scheme="dark")
    ward = page.get_by_role("textbox", name="Ward")
    expect(ward).to_have_value("")
    assert page.evaluate(OVERFLOW) == [0, 0]
    choose(page, f"Ward {WARD}.xlsx", book(tmp_path, 20, FIRST + 1_000))
    heading(page, "Pencarian selesai")
    expect(page.get_by_text("20 baris sudah dicari.")).to_be_visible()
    assert page.evaluate(OVERFLOW) == [0, 0]
    page.get_by_role("button", name="Impor berkas lain").click()
    expect(ward).to_have_value("")
    choose(page, "anggota.xlsx", b"buku kerja")
    expect(page.get_by_role("alert")).to_contain_text("Tidak dikirim: anggota.xlsx")
    assert steps(page) == ["1. Berkas", "2. Pemeriksaan", "3. Pencarian"]
    assert page.evaluate(OVERFLOW) == [0, 0]
