"""How the people who send us files write: numbers, dates, and words that are not English.

An importer names one of these, or has `Conventions` of its own.
"""

from __future__ import annotations

from typing import Final

from sluice import ENGLISH, Conventions, Vocabulary
from sluice.catalog.titles import titles

#: Bahasa Indonesia. "agu", "ags" and "agt" are all in use for August, "nopember" and "pebruari" are older spellings.
INDONESIAN_WORDS: Final = Vocabulary(
    months=(
        *("januari jan", "februari feb pebruari peb", "maret mar", "april apr", "mei", "juni jun", "juli jul"),
        *("agustus agu ags agt agust", "september sept sep", "oktober okt", "november nov nopember nop"),
        "desember des",
    ),
    weekdays=("senin sen", "selasa sel", "rabu rab", "kamis kam", "jumat jum", "sabtu sab", "minggu ahad min"),
    yes=frozenset({"ya", "aktif", "benar"}),
    no=frozenset({"tidak", "nonaktif", "non aktif", "tidak aktif", "salah"}),
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
    weekdays=(
        *("montag mo", "dienstag di", "mittwoch mi", "donnerstag do", "freitag fr", "samstag sonnabend sa"),
        "sonntag so",
    ),
    particles=frozenset({"den", "der"}),
    totals=frozenset({"summe", "zwischensumme", "gesamtsumme", "gesamt"}),
)


def _by_place(*languages: str) -> tuple[str, ...]:
    """Join the names of each month or day in all languages; each is its code and a list: ``fr: lundi lun; mardi``."""
    lists = (line.partition(":")[2].split(";") for line in languages)
    return tuple(map("".join, zip(*lists, strict=True)))


#: Months and days of the week in the other languages of `sluice.catalog.titles`, with genitives and abbreviations.
#: Unclear are words that are another month in Croatian: "listopad" and "lis" are November in Polish and Czech, October
#: there; "lip" and "srp" are a month later. So Polish and Czech have no name of November here.
CALENDAR_WORDS: Final = Vocabulary(
    months=_by_place(
        "fr: janvier janv; février févr fév; mars; avril avr; mai; juin; juillet juil; août aoû; septembre sept; "
        "octobre oct; novembre nov; décembre déc",
        "es: enero ene; febrero feb; marzo mar; abril abr; mayo may; junio jun; julio jul; agosto ago; septiembre "
        "setiembre sept; octubre oct; noviembre nov; diciembre dic",
        "it: gennaio gen; febbraio feb; marzo mar; aprile apr; maggio mag; giugno giu; luglio lug; agosto ago; "
        "settembre set; ottobre ott; novembre nov; dicembre dic",
        "pt: janeiro jan; fevereiro fev; março mar; abril abr; maio mai; junho jun; julho jul; agosto ago; "
        "setembro set; outubro out; novembro nov; dezembro dez",
        "nl: januari jan; februari feb; maart mrt; april apr; mei; juni jun; juli jul; augustus aug; september "
        "sep; oktober okt; november nov; december dec",
        "pl: stycznia styczeń sty; lutego luty lut; marca marzec mar; kwietnia kwiecień kwi; maja maj; czerwca "
        "czerwiec cze; lipca lipiec; sierpnia sierpień sie; września wrzesień wrz; października październik paź; "
        "; grudnia grudzień gru",
        "sv da no: januari januar jan; februari februar feb; mars marts mar; april apr; maj mai; juni jun; juli "
        "jul; augusti august aug; september sep; oktober okt; november nov; december desember dec des",
        "fi: tammikuuta tammikuu tammi; helmikuuta helmikuu helmi; maaliskuuta maaliskuu maalis; huhtikuuta "
        "huhtikuu huhti; toukokuuta toukokuu touko; kesäkuuta kesäkuu kesä; heinäkuuta heinäkuu heinä; elokuuta "
        "elokuu elo; syyskuuta syyskuu syys; lokakuuta lokakuu loka; marraskuuta marraskuu marras; joulukuuta "
        "joulukuu joulu",
        "cs: ledna leden led; února únor úno; března březen bře; dubna duben dub; května květen kvě; června "
        "červen čvn; července červenec čvc; srpna srpen; září zář; října říjen říj; ; prosince prosinec pro",
        "hu: január jan; február febr; március márc; április ápr; május máj; június jún; július júl; augusztus "
        "aug; szeptember szept; október okt; november nov; december dec",
        "tr: ocak oca; şubat şub; mart mar; nisan nis; mayıs may; haziran haz; temmuz tem; ağustos ağu; eylül "
        "eyl; ekim eki; kasım kas; aralık ara",
        "ru: января январь янв; февраля февраль февр фев; марта март мар; апреля апрель апр; мая май; июня июнь "
        "июн; июля июль июл; августа август авг; сентября сентябрь сент сен; октября октябрь окт; ноября ноябрь "
        "нояб ноя; декабря декабрь дек",
    ),
    weekdays=_by_place(
        "fr: lundi lun; mardi mar; mercredi mer; jeudi jeu; vendredi ven; samedi sam; dimanche dim",
        "es: lunes lun; martes mar; miércoles mié; jueves jue; viernes vie; sábado sáb; domingo dom",
        "it: lunedì lun; martedì mar; mercoledì mer; giovedì gio; venerdì ven; sabato sab; domenica dom",
        "pt: segunda-feira segunda seg; terça-feira terça ter; quarta-feira quarta qua; quinta-feira quinta qui; "
        "sexta-feira sexta sex; sábado sáb; domingo dom",
        "nl: maandag ma; dinsdag di; woensdag wo; donderdag do; vrijdag vr; zaterdag za; zondag zo",
        "pl: poniedziałek pon; wtorek wt; środa śr; czwartek czw; piątek pt; sobota sob; niedziela niedz",
        "sv da no: måndag mandag mån man; tisdag tirsdag tis tirs tir; onsdag ons; torsdag tors tor; fredag fre; "
        "lördag lørdag lör; söndag søndag sön",
        "fi: maanantaina maanantai ma; tiistaina tiistai ti; keskiviikkona keskiviikko ke; torstaina torstai to; "
        "perjantaina perjantai pe; lauantaina lauantai la; sunnuntaina sunnuntai su",
        "cs: pondělí po; úterý út; středa; čtvrtek čt; pátek pá; sobota; neděle",
        "hu: hétfő; kedd; szerda; csütörtök; péntek; szombat; vasárnap",
        "tr: pazartesi pzt; salı; çarşamba çar; perşembe per; cuma cum; cumartesi cmt; pazar paz",
        "ru: понедельник пн; вторник вт; среда ср; четверг чт; пятница пт; суббота сб; воскресенье вс",
        "ja: 月 月曜 月曜日; 火 火曜 火曜日; 水 水曜 水曜日; 木 木曜 木曜日; 金 金曜 金曜日; "
        "土 土曜 土曜日; 日 日曜 日曜日",
        "zh: 星期一 周一 週一; 星期二 周二 週二; 星期三 周三 週三; 星期四 周四 週四; 星期五 周五 週五; "
        "星期六 周六 週六; 星期日 星期天 周日 週日",
        "ko: 월 월요일; 화 화요일; 수 수요일; 목 목요일; 금 금요일; 토 토요일; 일 일요일",
    ),
    unclear=frozenset({"listopada", "listopadu", "listopad", "lis", "lip", "srp"}),
    particles=frozenset({"de", "del", "den", "le", "el", "r", "г", "год", "года"}),
)
#: Totals in other languages.
TOTALS_WORDS: Final = Vocabulary(
    totals=frozenset(
        titles(
            "fr es it pt: totalgénéral; totalgeneral; soustotal; somme; suma; sumatotal; totale; totalegenerale; "
            "totaligenerali; totali; subtotale; somma; totais; totalgeral; soma; totaux; totales",
            "nl pl: totaal; totalen; eindtotaal; subtotaal; totaalgeneraal; razem; ogółem; łącznie; sumacałkowita; "
            "sumaczęściowa",
            "sv da no fi: summa; totalt; totalsumma; delsumma; ialt; delsum; yhteensä; välisumma; loppusumma",
            "cs hu ro tr: celkem; součet; mezisoučet; összesen; totalgeneral; toplam; geneltoplam; aratoplam",
            "ru: итого; всего; общийитог; промежуточныйитог",
            "ja zh: 合計; 総計; 小計; 总计; 合计; 小计; 總計",
        )
    ),
)
_ALL_WORDS: Final = ENGLISH | INDONESIAN_WORDS | GERMAN_WORDS | CALENDAR_WORDS | TOTALS_WORDS

#: Files from anywhere: a decimal point, and dates whose order each file has to tell by itself.
INTERNATIONAL: Final = Conventions(vocabulary=_ALL_WORDS)
#: Files from Indonesia: a decimal comma, the day before the month, and amounts in rupiah.
INDONESIAN: Final = Conventions(decimal=",", dates="dmy", vocabulary=_ALL_WORDS)
