"""The words that the cells of an importer's files may use for months, for yes and no, and for totals; words of titles.

The engine knows English alone. What other people write is part of what a team declares, see
`sluice.catalog.conventions`. Currency signs are no words of a language: an amount in a file of any language may carry
any of them (`sluice.schema.currencies`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

_NO_MONTHS: Final = ("",) * 12


@dataclass(frozen=True)
class Vocabulary:
    """Words of one language, or of several: ``ENGLISH | Vocabulary(yes=frozenset({"oui"}))``. All in lower case.

    Parameters
    ----------
    months
        January to December, each by its names and their abbreviations, with spaces between them. A cell is compared by
        whole words: of "jan", the word "Janitor" is no month.
    yes, no
        What a `Flag` may say.
    totals
        First words of a totals row; only their letters are compared, so "Grand Total:" is ``grandtotal``.

    Raises
    ------
    ValueError
        If the months are not twelve, a name is no word in lower case, or one word has two meanings.
    """

    months: tuple[str, ...] = _NO_MONTHS
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    totals: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        names = [name for month in self.months for name in set(month.split())]
        if len(self.months) != len(_NO_MONTHS) or any(not name.isalpha() or name != name.casefold() for name in names):
            raise ValueError("give twelve months, each by its names in lower case, with spaces between them")
        if len(set(names)) < len(names) or self.yes & self.no:
            raise ValueError("a word of the vocabulary has two meanings")

    def __or__(self, other: Vocabulary) -> Vocabulary:
        """Combine two vocabularies."""
        months = tuple(f"{mine} {others}" for mine, others in zip(self.months, other.months, strict=True))
        return Vocabulary(months, self.yes | other.yes, self.no | other.no, self.totals | other.totals)

    def month(self, word: str) -> int | None:
        """Return the number of a month, 1 to 12, from one of its names; ``None`` if the word is not one."""
        return self._months.get(word.casefold())

    @cached_property
    def _months(self) -> dict[str, int]:
        return {name: number for number, month in enumerate(self.months, start=1) for name in month.split()}


ENGLISH: Final = Vocabulary(
    months=(
        *("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug"),
        *("september sept sep", "october oct", "november nov", "december dec"),
    ),
    yes=frozenset({"yes", "y", "true", "t", "1", "x", "active"}),
    no=frozenset({"no", "n", "false", "f", "0", "inactive"}),
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
#: Units and currencies in brackets after a title.
UNITS: Final = _words(
    "eur euro euros usd gbp chf idr rp pln zl sek nok dkk kr czk kc try tl jpy cny rmb rub rur yen pc pcs piece "
    "pieces unit units stk stck stuck st szt ks adet buah pz u uds unid kom kpl 個 円 元 台 件 本"
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
