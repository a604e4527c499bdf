"""The words that the cells of an importer's files may use in dates, for yes and no, and for totals; words of titles.

The engine knows English alone. What other people write is part of what a team declares, see
`sluice.catalog.conventions`. Currency signs are no words of a language: an amount in a file of any language may carry
any of them (`sluice.schema.currencies`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Final
from unicodedata import combining, normalize

_NO_MONTHS: Final = ("",) * 12
_NO_WEEKDAYS: Final = ("",) * 7


@dataclass(frozen=True)
class Vocabulary:
    """Words of one language, or of several: ``ENGLISH | Vocabulary(yes=frozenset({"oui"}))``. All in lower case.

    Parameters
    ----------
    months
        January to December, each by its names and their abbreviations, with spaces between them. A cell is compared by
        whole words: of "jan", the word "Janitor" is no month. Accents do not count.
    weekdays
        Monday to Sunday likewise.
    particles
        Words in a date that change nothing, such as "of" in 4th of March 2025.
    unclear
        Names that are one month in one language and another in another, so that they are none here; a date with one is
        rejected for that.
    yes, no
        What a `Flag` may say.
    totals
        First words of a totals row; only their letters are compared, so "Grand Total:" is ``grandtotal``.

    Raises
    ------
    ValueError
        If the months are not twelve or the weekdays not seven, a name is no word in lower case, or one word has two
        meanings.
    """

    months: tuple[str, ...] = _NO_MONTHS
    weekdays: tuple[str, ...] = _NO_WEEKDAYS
    particles: frozenset[str] = frozenset()
    unclear: frozenset[str] = frozenset()
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    totals: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        names = (*_names(self.months), *_names(self.weekdays), *self.particles, *self.unclear)
        if any(not name.replace("-", "a").isalpha() or name != name.casefold() for name in names):
            raise ValueError("give names of months and days, and particles, as words in lower case")
        if len(self.months) != len(_NO_MONTHS) or len(self.weekdays) != len(_NO_WEEKDAYS):
            raise ValueError("give twelve months and seven weekdays, each by its names with spaces between them")
        if _has_two_meanings(self.months) or _has_two_meanings(self.weekdays) or self.yes & self.no:
            raise ValueError("a word of the vocabulary has two meanings")
        if any(map(self.month, self.unclear)):
            raise ValueError("an unclear name is a month, too")

    def __or__(self, other: Vocabulary) -> Vocabulary:
        """Combine two vocabularies."""
        months, weekdays = (
            tuple(f"{mine} {others}" for mine, others in zip(*names, strict=True))
            for names in ((self.months, other.months), (self.weekdays, other.weekdays))
        )
        particles, unclear = self.particles | other.particles, self.unclear | other.unclear
        yes, no, totals = self.yes | other.yes, self.no | other.no, self.totals | other.totals
        return Vocabulary(months, weekdays, particles, unclear, yes, no, totals)

    def month(self, word: str) -> int | None:
        """Return the number of a month, 1 to 12, from one of its names; ``None`` if the word is not one."""
        return self._months.get(word.casefold() if word.isascii() else _plain(word))

    def weekday(self, word: str) -> int | None:
        """Return the number of a day of the week, from 0 for Monday; ``None`` if the word is not one."""
        return self._weekdays.get(_plain(word))

    @cached_property
    def without_weekdays(self) -> Vocabulary:
        """The vocabulary of a date whose day of the week was taken off."""
        return replace(self, weekdays=_NO_WEEKDAYS)

    @cached_property
    def _months(self) -> dict[str, int]:
        return {_plain(name): number for number, month in enumerate(self.months, start=1) for name in month.split()}

    @cached_property
    def _weekdays(self) -> dict[str, int]:
        return {_plain(name): number for number, day in enumerate(self.weekdays) for name in day.split()}


def _names(each_by_names: tuple[str, ...]) -> list[str]:
    return [*chain.from_iterable(names.split() for names in each_by_names)]


def _has_two_meanings(each_by_names: tuple[str, ...]) -> bool:
    plain = [*chain.from_iterable({_plain(name) for name in names.split()} for names in each_by_names)]
    return len(set(plain)) < len(plain)


def _plain(word: str) -> str:
    """Return a word in lower case and without accents, as many keyboards write it; a dotless i is an i."""
    if word.isascii():
        return word.casefold()
    letters = normalize("NFKD", word.replace("ı", "i"))
    return "".join(each for each in letters if not combining(each)).casefold()


ENGLISH: Final = Vocabulary(
    months=(
        *("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug"),
        *("september sept sep", "october oct", "november nov", "december dec"),
    ),
    weekdays=(
        *("monday mon", "tuesday tues tue", "wednesday wed", "thursday thurs thur thu", "friday fri", "saturday sat"),
        "sunday sun",
    ),
    particles=frozenset({"of", "the"}),
    yes=frozenset({"yes", "y", "true", "t", "1", "1.0", "x", "active"}),
    no=frozenset({"no", "n", "false", "f", "0", "0.0", "inactive"}),
    totals=frozenset({"total", "totals", "grandtotal", "subtotal", "sum"}),
)

# Words of titles, in several languages and without accents: by them a header is suggested for a column.


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Notes in brackets after a title that change nothing.
NOTES: Final = _words(
    "required optional mandatory pflicht pflichtfeld erforderlich obligatoire facultatif obligatorio opcional "
    "obbligatorio facoltativo opzionale verplicht optioneel wymagane opcjonalne wajib opsional 必須 任意 必填 "
    "yesno truefalse janein ouinon sino janee taknie yatidak simnao ifknown ifany ddmmyyyy mmddyyyy yyyymmdd ttmmjjjj "
    "jjjjmmtt jjmmaaaa ddmmaaaa ggmmaaaa aaaammdd ddmmjjjj ddmmrrrr iso codeiso isocode"
)
#: Units of count in brackets after a title: of a whole number they change nothing.
PIECES: Final = _words(
    "pc pcs pce pces piece pieces unit units ea each stk stck stuck st szt db ks kpl kom adet buah pz un und ud uds "
    "unid u 個 个 件 本 台"
)
#: Those that are so without brackets, too; the others may be another word there: a stock unit is no stock,
#: and ``Stok Buah`` one of fruit.
PIECES_BEHIND: Final = _words("pc pcs pce pces pieces ea stk stck szt adet")
#: Zones of time after the title of a date, which drops the time of day.
ZONES: Final = _words("utc gmt")
#: Units and currencies in brackets after a title.
UNITS: Final = PIECES | _words(
    "eur euro euros usd gbp chf idr rp pln zl sek nok dkk kr czk kc try tl jpy cny rmb rub rur yen 円 元"
)
#: Words beside the name of a column that say whose it is, or which of several.
BESIDE: Final = _words(
    "product products item items article articles variant part goods produkt artikel artikels ware produit prodotto "
    "articolo producto articulo produto artigo produktu towaru produk barang vare tuote urun 商品 製品 产品 primary "
    "main default mailing billing business work office company address adr contact customer client store dealer kunde "
    "kunden firma cliente klant klienta pelanggan perusahaan kontakt arbeit dienstlich geschaftlich buro firmen haupt "
    "primare adresse bureau travail professionnel principale principal trabajo oficina direccion facturacion lavoro "
    "ufficio aziendale indirizzo trabalho comercial escritorio endereco primario werk zakelijk adres sluzbowy "
    "podstawowy glowny arbete arbejde arbeid utama kantor alamat 1 01 one value the of de du des del della do da di "
    "der the excl ex ht netto net vat btw mwst iva tva moms"
)
#: Words for a number or a code: with a word beside them that says whose it is, they may be another one's number.
NUMBERS: Final = _words("code id no nr number num kode kod codice codigo clave numero nummer nomor reference ref key")
#: Words that make another thing of a name: a cost, an old price, the name of a picture.
OTHER: Final = _words(
    "old cost purchase buy compare special tax incl inkl gross brutto ttc min max minimum maximum alert threshold "
    "reserved parent image img photo url link seo meta label option attribute type id count tracker policy weight "
    "height width length birth birthday fax web website shipping delivery other secondary alternate alt yomi phonetic "
    "kana nickname middle family given first last title prefix suffix user owner sales rep agent group supplier "
    "vendor manufacturer brand einkauf ek alter mindest achat ancien compra acquisto zakupu inkop kosten beli modal "
    "andere privat sekundare domicile autre secondaire casa otro otra residenza altro privado dodatkowy domowy "
    "private home hem hjem rumah 2 3 4 5"
)
