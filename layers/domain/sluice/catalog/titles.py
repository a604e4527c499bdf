"""Titles of columns in files from elsewhere, by what a column means, in the languages that our files come in.

An importer gives them to its columns: ``column("Price", synonyms=PRICES)``. A file may then call the price ``Preis``.
A title that ends in a question mark is only suggested, because it can mean something else: ``Status?`` is whether a
part is sold in one shop, and the state of an order in another. Titles of a language are in the order of preference.
"""

from __future__ import annotations

from typing import Final


def titles(*languages: str) -> tuple[str, ...]:
    """Return the titles of all languages; each language is its code and a list: ``de: Preis; Listenpreis?``."""
    return tuple(title.strip() for line in languages for title in line.partition(":")[2].split(";"))


PART_NUMBERS: Final = titles(
    "en: SKU Code; Item Number; Item No; Item Code; Item SKU; Product Number; Product Code; Product No; Product SKU; "
    "Article Number; Article No; Article Code; Part Code; Stock Code; Stock Keeping Unit; Material Number; "
    "Seller SKU; Merchant SKU; Manufacturer Part Number; MPN; Mfr Part Number; Catalogue Number; Catalog Number; "
    "Catalog No; Product Reference; Stock No; Stock Number; Material No; MATNR; Part ID; Product Ref; "
    "Manufacturer Part No; Variant SKU; Model Number?; Model No?; Item Reference?; Internal Reference?; Default Code?; "
    "Reference?; Product ID?; Item ID?; Material?; Code?; ID?; Number?; No?; Item Ref?; Model Code?; Supplier SKU?",
    "de: Artikelnummer; Artikelnr; Artikel-Nr; Art-Nr; ArtikelNo; Artikelcode; Teilenummer; Teile-Nr; Produktnummer; "
    "Produktcode; Produkt-Nr; Bestellnummer; Bestell-Nr; Materialnummer; Sachnummer; Hauptartikelnummer; Artikel-ID; "
    "Ident-Nr; Herstellernummer?; Inventarnummer?; Nummer?; Code?",
    "fr: Référence; Référence produit; Référence article; Réf; Réf produit; Réf article; Code article; Code produit; "
    "N° article; Numéro article; Numéro d'article; Numéro de pièce; UGS; Référence fabricant; Référence interne?; "
    "Numéro?; Réf interne?",
    "es: Referencia; Código de producto; Código producto; Código del producto; Código de artículo; Código artículo; "
    "Cód producto; Cód artículo; Número de artículo; Número de pieza; Número de parte; Núm parte; Clave producto; "
    "Nº de artículo; Nº artículo; Nº de pieza; Referencia interna?; Código?; Clave?; Ref interna?; Cód?",
    "it: Codice articolo; Codice prodotto; Cod articolo; Cod prodotto; Cod art; Numero articolo; Codice art; "
    "Riferimento?; Codice interno?; Codice?; Riferimento interno?",
    "pt: Código do produto; Código produto; Código do artigo; Cód produto; Referência; Número da peça; Cód artigo; "
    "Código item",
    "nl: Artikelnummer; Artikelcode; Artikelnr; Artnr; Productcode; Productnummer; Onderdeelnummer; Bestelnummer; "
    "Productnr; Referentie?; Productcode intern?",
    "pl: Kod produktu; Kod towaru; Indeks towaru; Kod artykułu; Numer katalogowy; Nr katalogowy; Numer artykułu; "
    "Numer części; Symbol towaru; Nr artykułu; Nr części; Indeks materiału; Symbol?; Indeks?; Kod?",
    "sv da no: Artikelnummer; Artikelnr; Artikelkod; Produktkod; Produktnummer; Varenummer; Varenr; Produktnr; "
    "Artikkelnummer; Produktkode; Delnummer?; Kod?; Kode?",
    "fi cs tr: Tuotekoodi; Tuotenumero; Tuotenro; Nimikenumero; Nimiketunnus; Osanumero; Kód produktu; Kód zboží; "
    "Katalogové číslo; Číslo zboží; Číslo produktu; Objednací číslo; Ürün Kodu; Stok Kodu; Parça No; Parça Numarası; "
    "Malzeme Kodu",
    "id ja zh ru: Kode Barang; Kode Produk; Kode Item; Kode SKU; No Part; Nomor Part; Nomor Barang; Kode Artikel; "
    "No Barang; 商品コード; 商品番号; 品番; 型番; 製品番号; 製品コード; 部品番号; 品目コード; 部番; SKUコード; "
    "商品编码; 商品编号; 货号; 产品编号; 产品编码; 物料编码; 料号; 零件号; 商品編號; 貨號; Артикул; Код товара; "
    "Артикул товара; Номер детали; Код номенклатуры; SKU Produk; Kode Part; Kode Material; コード?",
)
PART_NAMES: Final = titles(
    "en: Product Name; Product Title; Item Name; Item Description; Product Description; Part Name; Part Description; "
    "Article Name; Article Description; Title; Short Description; Material Description; MAKTX; Product/Service Name; "
    "Item Title; Product?; Item?; Display Name?; Product/Service?; Desc?",
    "de: Bezeichnung; Artikelbezeichnung; Produktbezeichnung; Artikelname; Produktname; Produkttitel; Artikeltext; "
    "Artikelbeschreibung; Produktbeschreibung; Beschreibung; Kurzbeschreibung; Benennung; Titel; Artikelbez; "
    "Warenbezeichnung; Materialbezeichnung; Materialkurztext; Bezeichnung 1; Produkt?; Artikel?; Kurztext?",
    "fr: Désignation; Libellé; Nom du produit; Nom produit; Nom de l'article; Désignation article; Libellé produit; "
    "Libellé article; Intitulé; Titre; Description courte; Nom; Nom de produit; Désignation produit; "
    "Description produit; Produit?; Article?",
    "es: Descripción; Nombre del producto; Nombre producto; Nombre de producto; Descripción del producto; "
    "Nombre del artículo; Descripción corta; Denominación; Título; Nombre; Descripción artículo; "
    "Descripción producto; Descripción del artículo; Producto?; Artículo?",
    "it: Descrizione; Descrizione articolo; Descrizione prodotto; Nome prodotto; Nome del prodotto; Nome articolo; "
    "Denominazione; Titolo; Descrizione breve; Nome; Descrizione art; Descrizione 1; Prodotto?; Articolo?",
    "pt: Descrição; Nome do produto; Descrição do produto; Nome produto; Designação; Título; Nome; "
    "Descrição do artigo; Descrição produto; Nome do artigo; Produto?",
    "nl: Omschrijving; Artikelomschrijving; Productomschrijving; Productnaam; Artikelnaam; Beschrijving; Titel; "
    "Naam; Naam product; Naam artikel; Artikelbeschrijving; Product?",
    "pl: Nazwa produktu; Nazwa towaru; Nazwa artykułu; Opis produktu; Nazwa; Opis; Tytuł; Opis towaru; "
    "Nazwa artykułu handlowego; Nazwa części; Produkt?; Towar?",
    "sv da no: Benämning; Produktnamn; Artikelnamn; Beskrivning; Produktbeskrivning; Produktnavn; Varenavn; "
    "Beskrivelse; Varebeskrivelse; Varetekst; Betegnelse; Artikkelnavn; Namn; Navn; Produkt?",
    "fi cs tr: Tuotenimi; Tuotteen nimi; Nimike; Tuotekuvaus; Kuvaus; Nimi; Název produktu; Název zboží; Název; "
    "Popis; Popis produktu; Označení; Ürün Adı; Stok Adı; Ürün Açıklaması; Açıklama; Malzeme Adı; Tuote?; Ürün?",
    "id ja zh ru: Nama Barang; Nama Produk; Nama Item; Deskripsi; Deskripsi Produk; Deskripsi Barang; Uraian; Nama; "
    "商品名; 品名; 製品名; 部品名; 名称; 商品名称; 商品説明; 品目名; タイトル; 产品名称; 物料名称; 商品標題; "
    "商品名稱; Наименование; Наименование товара; Название; Название товара; Описание; Nama Part; Nama Artikel; "
    "Nama Material; Keterangan?; Barang?; Produk?; 説明?; 描述?; Номенклатура?; Товар?",
)
BRANDS: Final = titles(
    "en: Brand Name; Product Brand; Manufacturer; Manufacturer Name; Mfr; Mfg; Mfg Name; Manufactured By; "
    "Brand/Manufacturer; Maker?; Publisher?; Producer?",
    "de fr es: Marke; Markenname; Hersteller; Herstellername; Fabrikat; Fabricant; Nom de la marque; "
    "Nom du fabricant; Constructeur; Marca; Fabricante; Nombre de la marca; Marke/Hersteller; Hersteller/Marke; "
    "Marque; Produzent?",
    "it pt nl pl: Marca; Marchio; Produttore; Casa produttrice; Fabricante; Merk; Fabrikant; Merknaam; Producent; "
    "Marka; Nazwa producenta; Marca/Produttore",
    "sv da no: Varumärke; Märke; Tillverkare; Mærke; Varemærke; Producent; Fabrikant; Merke; Varemerke; Produsent",
    "fi cs tr: Merkki; Tuotemerkki; Valmistaja; Brändi; Značka; Výrobce; Marka; Üretici; Marka Adı",
    "id ja zh ru: Merek; Merk; Merk Barang; Produsen; Pabrikan; ブランド; メーカー; メーカー名; ブランド名; 製造元; "
    "製造者; 品牌; 品牌名称; 制造商; 生产厂家; 廠牌; Бренд; Производитель; Марка; Торговая марка; Изготовитель; "
    "Nama Merek; Brand Produk",
)
CATEGORIES: Final = titles(
    "en: Categories; Category Name; Product Category; Product Categories; Item Category; Product Group; Item Group; "
    "Main Category; Product Family; Category Path; Material Group; MATKL; Category Tree; Product Type?; Family?; "
    "Department?; Google Product Category?; Product Line?; Item Type?; Dept?",
    "de: Kategorie; Kategorien; Warengruppe; Artikelgruppe; Produktgruppe; Produktkategorie; Hauptkategorie; "
    "Materialgruppe; Artikelkategorie; Warengruppenbezeichnung; Produkttyp?; Sortiment?; Rubrik?; Artikelart?; "
    "Sparte?",
    "fr: Catégorie; Catégories; Catégorie produit; Catégorie principale; Groupe de produits; Famille article; "
    "Famille produit; Famille de produits; Catégorie d'article; Famille?; Rayon?; Sous-famille?; Gamme?",
    "es: Categoría; Categorías; Rubro; Categoría del producto; Grupo de productos; Familia de producto; "
    "Categoría de producto; Familia?; Departamento?; Línea?; Grupo?; Línea de producto?",
    "it: Categoria; Categorie; Categoria merceologica; Categoria prodotto; Gruppo merceologico; Famiglia prodotto; "
    "Cat merceologica; Famiglia?; Reparto?; Gruppo?",
    "pt: Categoria; Categorias; Categoria do produto; Grupo de produtos; Grupo de produto; Família de produtos; "
    "Família?; Departamento?; Linha?",
    "nl: Categorie; Categorieën; Productgroep; Artikelgroep; Productcategorie; Assortimentsgroep; Rubriek?; Groep?; "
    "Soort?",
    "pl: Kategoria; Kategorie; Kategoria produktu; Grupa towarowa; Kategoria główna; Grupa produktów; "
    "Grupa asortymentowa; Asortyment?; Grupa?",
    "sv da no: Kategori; Kategorier; Varugrupp; Produktgrupp; Produktkategori; Varegruppe; Produktgruppe; "
    "Artikelgrupp; Grupp?",
    "fi cs tr: Kategoria; Tuoteryhmä; Tuotekategoria; Kategoriat; Kategorie; Skupina zboží; Kategorie produktu; "
    "Kategori; Ürün Grubu; Ürün Kategorisi; Kategori Adı; Sortiment?",
    "id ja zh ru: Kategori; Kategori Produk; Kategori Barang; Kelompok Barang; Jenis Barang; Golongan Barang; "
    "カテゴリ; カテゴリー; 分類; 商品分類; 商品カテゴリ; カテゴリ名; 商品カテゴリー; 分类; 类别; 商品分类; 产品类别; "
    "品类; 類別; Категория; Категория товара; Группа товаров; Товарная группа; Grup Barang; Kelompok Produk; "
    "Kategori Item; ジャンル; Раздел?; 大分類?; 部門?",
)
PRICES: Final = titles(
    "en: Net Price; Selling Price; Sales Price; Sell Price; Item Price; Product Price; Price per Unit; Price Each; "
    "Regular Price; Base Price; Sales Unit Price; Unit Selling Price; Net Unit Price; Price ex VAT; Price excl VAT; "
    "Unit Price ex VAT; Sales Price/Rate; Variant Price; Price net; Price net of VAT; Price excl tax; Price per pc; "
    "Price per Piece; Price/pc; Price/pcs; Price/Piece; Standard Price?; List Price?; Retail Price?; Wholesale Price?; "
    "Trade Price?; Sale Price?; Rate?",
    "de: Preis; Nettopreis; Preis netto; Netto-Preis; Verkaufspreis; VK-Preis; VK Preis netto; VK netto; "
    "Einzelpreis; Stückpreis; Verkaufspreis netto; Artikelpreis; Preis pro Stück; Preis je Stück; Preis/Stück; "
    "Preis/Stk; Preis pro Stk; Preis je Stk; "
    "Nettoverkaufspreis; Netto-VK; VK?; Listenpreis?; Standardpreis?; Verkaufspreis brutto?; UVP?",
    "fr: Prix HT; Prix; Prix unitaire; Prix de vente; Prix de vente HT; Prix unitaire HT; Prix net; PU HT; Tarif HT; "
    "Tarif régulier; PV HT; Prix vente HT; Prix vente; Prix de vente unitaire; Tarif?; PU?; Prix public?; "
    "Prix catalogue?; PV?",
    "es: Precio; Precio unitario; Precio de venta; Precio neto; Precio venta; Precio sin IVA; Precio base; "
    "Precio unidad; Precio sin impuestos; Precio venta neto; Precio por unidad; PVP?; Precio normal?; Precio lista?; "
    "Precio de lista?; Precio tarifa?; Tarifa?",
    "it: Prezzo; Prezzo unitario; Prezzo di vendita; Prezzo netto; Prezzo vendita; Prezzo base; "
    "Prezzo vendita netto; Prezzo di vendita netto; Prezzo netto unitario; Prezzo senza IVA; Prezzo di listino?; "
    "Listino?; Prezzo listino?; Listino 1?; Prezzo al pubblico?",
    "pt: Preço; Preço unitário; Preço de venda; Preço líquido; Valor unitário; Preço venda; Preço base; "
    "Vlr unitário; Preço unit; Valor de venda?; Preço de tabela?",
    "nl: Prijs; Verkoopprijs; Stuksprijs; Nettoprijs; Prijs excl btw; Prijs per stuk; Eenheidsprijs; "
    "Verkoopprijs excl btw; Prijs per eenheid; Verkoopprijs netto; Adviesprijs?",
    "pl: Cena; Cena netto; Cena jednostkowa; Cena sprzedaży; Cena sprzedaży netto; Cena jedn; Cena jedn netto; "
    "Cena sprz netto; Cena detaliczna?; Cena katalogowa?; Cena hurtowa?; Cena brutto?",
    "sv da no: Pris; Pris exkl moms; Försäljningspris; Nettopris; Salgspris; Pris ekskl moms; Enhedspris; Styckpris; "
    "Enhetspris; Á-pris; Försäljningspris exkl moms; Utpris?; Utsalgspris?; Cirkapris?",
    "fi cs tr: Hinta; Myyntihinta; Yksikköhinta; Veroton hinta; Hinta alv 0; Cena; Cena bez DPH; Prodejní cena; "
    "Jednotková cena; Fiyat; Satış Fiyatı; Birim Fiyat; Birim Fiyatı; Liste Fiyatı?",
    "id ja zh ru: Harga; Harga Jual; Harga Satuan; Harga Barang; Harga Produk; Harga Unit; 価格; 単価; 販売価格; "
    "税抜価格; 売価; 販売単価; 値段; 商品価格; 价格; 单价; 售价; 销售价; 價格; 單價; 銷售價格; Цена; Цена без НДС; "
    "Цена за единицу; Цена продажи; Отпускная цена; Harga per Unit; Harga per Pcs; 単価(税抜); 定価?; 零售价?; "
    "Розничная цена?; 税込価格?",
)
CURRENCIES: Final = titles(
    "en de fr es it pt: Currency Code; Price Currency; Currency ISO; ISO Currency; Währung; Währungscode; "
    "Währungskennzeichen; Devise; Monnaie; Code devise; Moneda; Divisa; Código de moneda; Valuta; Moeda; WAERS; Ccy; "
    "Currency Key; Curr?; Cur?",
    "nl pl sv da no fi: Munteenheid; Waluta; Kod waluty; Valutakod; Valutakode; Valuutta; Valuta code; Symbol waluty",
    "cs tr id ja zh ru: Měna; Para Birimi; Mata Uang; 通貨; 通貨コード; 货币; 币种; 幣別; Валюта; Kode Mata Uang; "
    "Döviz?",
)
STOCKS: Final = titles(
    "en: Stock Quantity; Stock Qty; Quantity in Stock; Qty in Stock; On Hand; Quantity on Hand; Qty on Hand; "
    "Stock on Hand; Stock Level; Inventory; Inventory Quantity; Inventory Qty; Inventory Level; Current Stock; "
    "Current Quantity; Units in Stock; Total Stock; Stock Count; SOH; QOH; LABST; Units on Hand; Inventory on Hand; "
    "Quantity in Hand; Qty in Hand; On Hand Qty; On Hand Quantity; Variant Inventory Qty; Variant Inventory Quantity; "
    " Stock Balance; Closing Stock; Total Quantity; On-hand Quantity; In Stock?; "
    "Warehouse Stock?; Physical Stock?; Balance?; Unrestricted?; Unrestricted Stock?; Quantity to Sell?",
    "de: Bestand; Lagerbestand; Lagermenge; Gesamtbestand; Bestandsmenge; Menge; Anzahl; Stückzahl; "
    "Anzahl auf Lager; Menge auf Lager; Anz auf Lager; Aktueller Bestand; Lagerstand; Ist-Bestand; Bestand gesamt; "
    "Lagerbestand gesamt; Lager?; Auf Lager?",
    "fr: Quantité en stock; Stock physique; Qté en stock; Stock actuel; Quantité; Qté; Niveau de stock; Stock réel; "
    "Stock total; Qté stock; Quantité stock; Quantité totale; Inventaire?",
    "es: Existencias; Existencia; Cantidad en stock; Stock actual; Inventario; Cantidad; Stock físico; "
    "Cantidad a mano; Stock real; Existencia actual; Cantidad stock; Unidades en stock; Unidades?",
    "it: Giacenza; Quantità in magazzino; Disponibilità magazzino; Giacenza attuale; Quantità; Qtà; Inventario; "
    "Qta giacenza; Qta in giacenza; Giacenza totale; Quantità in giacenza; Quantità giacenza; Q.tà magazzino; "
    "Esistenza?; Scorta?",
    "pt: Estoque; Estoque atual; Quantidade em estoque; Quantidade; Qtde; Existências; Inventário; Qtde estoque; "
    "Qtd estoque; Qtd em estoque; Qtde em estoque; Quantidade estoque; Saldo em estoque; Saldo estoque; Stock atual; "
    "Qtd; Saldo?",
    "nl pl: Voorraad; Voorraadaantal; Aantal op voorraad; Aantal; Huidige voorraad; Stan magazynowy; "
    "Ilość w magazynie; Ilość; Stany magazynowe; Liczba sztuk; Voorraad totaal; Aantal in voorraad; "
    "Technische voorraad; Stan mag; Ilość szt; Stan ogółem; Stan na magazynie; Stan?; Sztuk?",
    "sv da no: Lagersaldo; Lagerantal; Antal; Lagerbeholdning; Beholdning; Antal på lager; Antall; Antal i lager; "
    "Saldo?; På lager?",
    "fi cs tr: Varastosaldo; Määrä; Stav skladu; Množství; Počet kusů; Zásoba; Stok; Stok Miktarı; Miktar; "
    "Stok Adedi; Varastossa?; Varasto?; Skladem?; Adet?",
    "id ja zh ru: Stok; Jumlah Stok; Stok Barang; Stok Akhir; Sisa Stok; Persediaan; Kuantitas; Qty Stok; "
    "Stok Saat Ini; 在庫数; 在庫; 在庫数量; 数量; 現在庫; 現在庫数; 库存; 库存数量; 在库数量; 庫存; 庫存數量; "
    "现有库存; Остаток; Количество; Остаток на складе; Кол-во; Stok Gudang; Stok Fisik; Stok Total; Jumlah Barang; "
    "Saldo Stok; Qty Gudang; 現在在庫; 在庫残; Jumlah?; 個数?; Наличие?",
)
FREE_STOCKS: Final = titles(
    "en: Available Stock; Available Quantity; Available Qty; Quantity Available; Qty Available; Free Quantity; "
    "Unreserved Quantity; Stock Available; Available to Sell; Sellable Quantity; Available to Promise; Qty Free; "
    "Free Qty; Quantity Free; Stock Free; Avail Qty; Free to Use?; Avail?; ATP?; Forecasted Quantity?",
    "de: Verfügbarer Bestand; Verfügbare Menge; Freier Bestand; Bestand verfügbar; Freie Menge; Frei verfügbar; "
    "Frei verwendbar; Frei verfügbarer Bestand; Davon verfügbar; Verfügbar?; Davon frei?",
    "fr: Stock disponible; Quantité disponible; Qté disponible; Stock libre; Stock dispo; Qté dispo; Disponible?; "
    "Dispo?",
    "es: Stock disponible; Cantidad disponible; Existencias disponibles; Inventario disponible; "
    "Existencia disponible; Disponible?",
    "it pt: Quantità disponibile; Giacenza disponibile; Qtà disponibile; Quantidade disponível; Estoque disponível; "
    "Quantità disp; Giacenza disp; Qtde disponível; Qtd disponível; Stock disponível; Saldo disponível; "
    "Disponibile?; Disponibilità?; Disponível?",
    "nl pl: Vrije voorraad; Beschikbare voorraad; Beschikbaar aantal; Dostępna ilość; Stan dostępny; Ilość dostępna; "
    "Beschikbaar saldo; Ilość dostępna do sprzedaży; Stan do dyspozycji; Beschikbaar?; Dostępne?; Do dyspozycji?",
    "sv da no fi: Disponibelt lager; Tillgängligt saldo; Vapaa saldo; Disponibelt?; Tillgängligt?; Disponibel?; "
    "Tilgængelig?; Käytettävissä?",
    "cs tr id: Dostupné množství; Kullanılabilir Stok; Kullanılabilir Miktar; Stok Tersedia; Jumlah Tersedia; "
    "Stok Bebas; K dispozici?; Tersedia?",
    "ja zh ru: 有効在庫; 有効在庫数; 利用可能在庫; 販売可能数; 引当可能数; 可用库存; 可用数量; 可售库存; "
    "可用庫存; 可用數量; 可售庫存; Свободный остаток; Доступно?",
)
SUPPLIERS: Final = titles(
    "en: Supplier Name; Vendor Name; Supplier Company; Preferred Supplier; Preferred Vendor; Main Supplier; "
    "Supplier/Vendor; Vendor/Supplier; Primary Supplier; Default Supplier; Distributor?; LIFNR?; Supplier ID?; "
    "Vendor ID?; Supplier Code?; Vendor Code?",
    "de fr: Lieferant; Lieferantenname; Hauptlieferant; Zulieferer; Fournisseur; Nom du fournisseur; "
    "Fournisseur principal; Nom fournisseur; Stammlieferant; Standardlieferant; Kreditor?; Händler?; "
    "Lieferanten-Nr?; Lieferantennummer?; Code fournisseur?",
    "es it pt: Proveedor; Nombre del proveedor; Proveedor principal; Nombre proveedor; Fornitore; Nome fornitore; "
    "Fornitore abituale; Ragione sociale fornitore; Fornecedor; Nome do fornecedor; Proveedor habitual; "
    "Cod fornitore?; Codice fornitore?; Código proveedor?; Cód fornecedor?",
    "nl pl: Leverancier; Leveranciersnaam; Hoofdleverancier; Dostawca; Nazwa dostawcy; Główny dostawca; "
    "Vaste leverancier; Dostawca główny; Kod dostawcy?; Leveranciersnummer?",
    "sv da no fi: Leverantör; Leverantörsnamn; Leverandør; Leverandørnavn; Toimittaja; Toimittajan nimi",
    "cs tr id: Dodavatel; Tedarikçi; Tedarikçi Adı; Pemasok; Nama Pemasok; Nama Supplier; Nama Vendor; Satıcı?; "
    "Distributor?; Nama Distributor?; Kode Supplier?",
    "ja zh ru: 仕入先; 仕入先名; 供給元; サプライヤー; 供应商; 供应商名称; 供應商; Поставщик; 发货商?",
)
UPDATED_DAYS: Final = titles(
    "en: Updated At; Updated On; Update Date; Date Updated; Last Update; Last Modified; Modified At; Date Modified; "
    "Last Changed; Changed On; Changed At; Valid From; Price Date; Last Updated At; Modification Date; "
    "Last Modified Time; Last Modified Date; Last Modified On; Last Modified At; Modified Time; Modified On; "
    "Modified Date; Updated Date; Update Time; Updated Time; Last Update Date; Last Updated Date; Last Updated On; "
    "Last Change; Price Valid From; Modified?; Upd?; Effective Date?; As of Date?",
    "de: Aktualisiert; Aktualisiert am; Letzte Änderung; Geändert am; Änderungsdatum; Zuletzt aktualisiert; "
    "Zuletzt geändert; Gültig ab; Bearbeitet am; Letzte Aktualisierung; Letzte Bearbeitung; Aktualisierungsdatum; "
    "Preisstand; Zuletzt bearbeitet; Stand?; Geändert?",
    "fr: Mis à jour; Mise à jour; Date de mise à jour; Dernière mise à jour; Modifié le; Date de modification; "
    "Dernière modification; Date MAJ; Date modif; Date de modif; Date modification; Dernière MAJ; Date de MAJ; "
    "Date de dernière modification; MAJ?",
    "es: Actualizado; Fecha de actualización; Última actualización; Fecha actualización; Fecha de modificación; "
    "Última modificación; Actualización; Fecha modificación; Fecha última actualización; "
    "Fecha de última modificación; F actualización; Fecha actualizado; Modificado?",
    "it: Aggiornato; Data aggiornamento; Ultimo aggiornamento; Ultima modifica; Data modifica; Data ultima modifica; "
    "Aggiornamento; Data agg; Ult agg; Data di aggiornamento; Data di modifica; Aggiornato il; Modificato il",
    "pt: Atualizado; Data de atualização; Última atualização; Atualizado em; Última modificação; Data de alteração; "
    "Data alteração; Data da alteração; Dt alteração; Última alteração; Data atualização; Dt atualização; "
    "Data da última atualização; Alterado em",
    "nl: Bijgewerkt; Laatst bijgewerkt; Laatst gewijzigd; Wijzigingsdatum; Gewijzigd op; Bijgewerkt op; "
    "Laatste wijziging; Datum gewijzigd; Laatste update; Mutatiedatum; Gewijzigd?",
    "pl: Aktualizacja; Data aktualizacji; Ostatnia aktualizacja; Zaktualizowano; Data modyfikacji; Zmodyfikowano; "
    "Data zmiany; Ostatnia zmiana; Ostatnia modyfikacja; Zmieniono?",
    "sv da no fi: Uppdaterad; Senast uppdaterad; Senast ändrad; Opdateret; Sidst opdateret; Oppdatert; "
    "Sist oppdatert; Sist endret; Päivitetty; Viimeksi päivitetty; Senast uppdaterat; Uppdaterad datum; "
    "Ändringsdatum; Ændringsdato; Opdateringsdato; Endringsdato; Ändrad?; Ændret?; Muokattu?",
    "cs tr: Aktualizováno; Datum aktualizace; Poslední změna; Güncelleme Tarihi; Son Güncelleme; Güncellendi; "
    "Datum změny; Aktualizace",
    "id: Diperbarui; Tanggal Update; Tgl Update; Terakhir Diperbarui; Tanggal Pembaruan; Update Terakhir; "
    "Tgl Pembaruan; Tanggal Diperbarui; Tanggal Perubahan; Tgl Perubahan; Tanggal Ubah; Terakhir Diubah; Diubah?",
    "ja zh ru: 更新日; 更新日時; 最終更新日; 最終更新; 最終更新日時; 更新日期; 更新时间; 最后更新; 修改时间; "
    "Обновлено; Дата обновления; Изменено?",
)
ACTIVE_FLAGS: Final = titles(
    "en: Is Active; Enabled; Is Enabled; Published; Is Published; Product Active; Item Active; Active Status; "
    "Currently Active; Active Flag; Sellable?; For Sale?; Is Visible?; Visible?; Listed?; Online?; Product Online?; "
    "Enable?; Available for Sale?; Status?; Live?; Trading?; Currently Trading?; Account Status?; Company Status?; "
    "Customer Status?; Dealer Status?; Product Status?; Item Status?; License Status?",
    "de: Aktiv; Ist aktiv; Aktiviert; Veröffentlicht; Aktiv ja/nein; Aktivstatus; Freigegeben?; Sichtbar?; "
    "Verkäuflich?; Status?; Kundenstatus?; Artikelstatus?",
    "fr: Actif; Active; Activé; Publié; Est actif; Visible?; En ligne?; En vente?; Statut?; En activité?; "
    "Statut client?",
    "es it pt: Activo; Activa; Publicado; Habilitado; Está activo; Attivo; Attiva; Pubblicato; Abilitato; Ativo; "
    "Ativa; En activo; Visible?; Estatus?; Visibile?; Status?; Vigente?; Situação?; Situação cadastral?; In attività?",
    "nl pl: Actief; Gepubliceerd; Ingeschakeld; Is actief; Aktywny; Aktywne; Opublikowany; Opublikowano; Aktywność; "
    "Włączony; Czy aktywny; Zichtbaar?; Status?; Widoczny?; Czynny?",
    "sv da no fi: Aktiv; Aktiverad; Publicerad; Udgivet; Aktiveret; Publisert; Aktivert; Aktiivinen; Käytössä; "
    "Julkaistu; Status?; Tila?",
    "cs tr id: Aktivní; Zveřejněno; Aktif; Yayında; Yayınlandı; Status Aktif; Diterbitkan; Dipublikasikan; Durum?; "
    "Status Produk?; Ditampilkan?; Status?",
    "ja zh ru: 有効; 公開; 公開状態; 販売中; 公開フラグ; 启用; 是否启用; 啟用; Активен; Активность; Опубликовано; "
    "販売状態?; ステータス?; 状態?; 上架?; 状态?; Статус?",
)
