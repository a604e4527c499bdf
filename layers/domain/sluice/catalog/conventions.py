"""How the people who send us files write: numbers, dates, and words that are not English.

An importer names one of these, or has `Conventions` of its own.
"""

from __future__ import annotations

from typing import Final

from sluice import ENGLISH, Conventions, Vocabulary

#: Bahasa Indonesia. "agu", "ags" and "agt" are all in use for August, "nopember" and "pebruari" are older spellings.
INDONESIAN_WORDS: Final = Vocabulary(
    months=(
        *("januari jan", "februari feb pebruari peb", "maret mar", "april apr", "mei", "juni jun", "juli jul"),
        *("agustus agu ags agt agust", "september sept sep", "oktober okt", "november nov nopember nop"),
        "desember des",
    ),
    yes=frozenset({"ya", "aktif", "benar"}),
    no=frozenset({"tidak", "nonaktif", "non aktif", "salah"}),
    totals=frozenset({"jumlah", "subjumlah", "jumlahtotal", "jumlahkeseluruhan", "totaljumlah", "totalkeseluruhan"}),
)
#: German, in which suppliers date and total their price lists.
GERMAN_WORDS: Final = Vocabulary(
    months=(
        *(
            "januar jänner jan jän",
            "februar feber feb",
            "märz maerz mär mrz",
            "april apr",
            "mai",
            "juni jun",
            "juli jul",
        ),
        *("august aug", "september sept sep", "oktober okt", "november nov", "dezember dez"),
    ),
    totals=frozenset({"summe", "zwischensumme", "gesamtsumme", "gesamt"}),
)
_ALL_WORDS: Final = ENGLISH | INDONESIAN_WORDS | GERMAN_WORDS

#: Files from anywhere: a decimal point, and dates whose order each file has to tell by itself.
INTERNATIONAL: Final = Conventions(vocabulary=_ALL_WORDS)
#: Files from Indonesia: a decimal comma, the day before the month, and amounts in rupiah.
INDONESIAN: Final = Conventions(decimal=",", dates="dmy", vocabulary=_ALL_WORDS)
