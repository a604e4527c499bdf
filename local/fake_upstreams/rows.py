"""Rows of the fake civil-service register, each generated from its number; none is stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any, Final

_FIRST_BIRTH: Final = date(1966, 1, 1)
_LAST_SEQUENCE = 999
# Ids begin here, so that many rows can come in before the first one.
FIRST_ID: Final = 1_000_000

_FIRST_NAMES = ("SITI", "BUDI", "DEWI", "AGUS", "RINA", "EKO", "PUTU", "MADE", "NURUL", "YOHANES")
_LAST_NAMES = ("RAHAYU", "SANTOSO", "LESTARI", "WIBOWO", "HIDAYAT", "SIREGAR", "WAYAN", "NUGROHO", "HASANAH", "TANDI")
_OFFICES = ("Pemerintah Kota Surabaya", "Pemerintah Provinsi Jawa Timur", "Kementerian Keuangan", "Dinas Kesehatan")
_STATES = ("Usulan Baru", "Verifikasi", "Pertek Terbit", "SK Terbit", "Perbaikan Dokumen")
_RANKS = ("II/a", "II/b", "II/c", "II/d", "III/a", "III/b", "III/c", "III/d", "IV/a", "IV/b")
_START: Final = date(2025, 1, 1)


def row(path: str, number: int, seed: int, *, wrong: bool, edited: bool = False) -> dict[str, Any]:
    """Return the row of a number; always the same one.

    Parameters
    ----------
    path
        The list, one of `LISTS`.
    number
        Number of the row among all that the list ever has; it makes the key.
    seed
        Seed of its values.
    wrong
        Whether one of its values is invalid.
    edited
        Whether its proposal has moved on to another state.
    """
    draw = Random(f"{seed}/{path}/{number}")  # noqa: S311 - sample data
    made = _proposal(number, draw) | LISTS[path](draw)
    if wrong:
        made["tanggalUsulan"] = "31-02-2026"
    if edited:
        made["statusUsulan"] = _STATES[(_STATES.index(made["statusUsulan"]) + 1) % len(_STATES)]
    return made


def _day(draw: Random) -> str:
    return (_START + timedelta(draw.randrange(365))).strftime("%d-%m-%Y")


def _number(number: int) -> str:
    """Return a civil servant's number: day of birth, month of appointment, sex, sequence; unique for each `number`."""
    days, sequence = divmod(number + FIRST_ID, _LAST_SEQUENCE)
    birth = _FIRST_BIRTH + timedelta(days)
    return f"{birth:%Y%m%d}{birth.year + 24}{birth.month:02}{1 + sequence % 2}{sequence + 1:03}"


def _proposal(number: int, draw: Random) -> dict[str, Any]:
    approved = draw.random() < 0.6
    return {
        "id": f"usulan-{number + FIRST_ID}",
        "nip": _number(number),
        "nama": f"{draw.choice(_FIRST_NAMES)} {draw.choice(_LAST_NAMES)}",
        "instansi": draw.choice(_OFFICES),
        "tanggalUsulan": _day(draw),
        "statusUsulan": draw.choice(_STATES),
        "noPertek": f"AB-{draw.randrange(10**11):011}" if approved else None,
        "tanggalPertek": _day(draw) if approved else None,
        "riwayat": [{"status": "Usulan Baru", "oleh": "admin"}],
    }


def _promotion(draw: Random) -> dict[str, Any]:
    rank = draw.randrange(len(_RANKS) - 1)
    return {
        "golonganLama": _RANKS[rank],
        "golonganBaru": _RANKS[rank + 1],
        "tmtGolongan": draw.choice(("01-04-2026", "01-10-2026")),
        "jenisKp": draw.choice(("Reguler", "Pilihan")),
        "masaKerjaTahun": draw.randrange(4, 32),
        "masaKerjaBulan": draw.randrange(12),
    }


def _retirement(draw: Random) -> dict[str, Any]:
    return {
        "jenisPensiun": draw.choice(("Batas Usia Pensiun", "Atas Permintaan Sendiri", "Janda/Duda")),
        "tmtPensiun": f"01-{draw.randrange(1, 13):02}-2026",
        "golongan": draw.choice(_RANKS),
        "jabatan": draw.choice(("Guru Ahli Madya", "Perawat Penyelia", "Analis Kebijakan")),
    }


def _degree(draw: Random) -> dict[str, Any]:
    return {
        "gelar": draw.choice(("S.Kom.", "S.H.", "M.Si.", "Dr.")),
        "tingkatPendidikan": draw.choice(("S-1", "S-2", "S-3")),
        "programStudi": draw.choice(("Teknik Informatika", "Ilmu Hukum", "Kesehatan Masyarakat")),
        "perguruanTinggi": draw.choice(("Universitas Airlangga", "Universitas Brawijaya")),
        "noIjazah": f"{draw.randrange(10**7):07}/2025",
        "tanggalIjazah": _day(draw),
    }


def _title(draw: Random) -> dict[str, Any]:
    return {
        "gelar": draw.choice(("Ns.", "Apt.", "Gr.", "Ir.")),
        "profesi": draw.choice(("Ners", "Apoteker", "Guru", "Insinyur")),
        "lembaga": draw.choice(("Universitas Brawijaya", "Universitas Negeri Malang")),
        "noSertifikat": f"{draw.randrange(10**4):04}/PROFESI/2025",
        "tanggalLulus": _day(draw),
    }


def _status(draw: Random) -> dict[str, Any]:
    for_good = draw.random() < 0.5
    return {
        "jenisSkk": draw.choice(("Cuti di Luar Tanggungan Negara", "Tugas Belajar", "Pengaktifan Kembali")),
        "noSk": f"0{draw.randrange(10**3):03}.2/{draw.randrange(10**3)}/2026",
        "tanggalSk": _day(draw),
        "tmtMulai": "01-03-2026",
        "tmtSelesai": None if for_good else "28-02-2027",
    }


#: The fields of each list beside those of all proposals.
LISTS: Final[dict[str, Callable[[Random], dict[str, Any]]]] = {
    "pangkat": _promotion,
    "pensiun": _retirement,
    "pg-akademik": _degree,
    "pg-profesi": _title,
    "skk": _status,
}
