"""Titles of columns in files from elsewhere, by what a column means, in the languages that our files come in.

An importer gives them to its columns: ``column("Price", synonyms=PRICES)``. A file may then call the price ``Preis``.
A title that ends in a question mark is only suggested, because it can mean something else: ``Status?`` is whether a
part is sold in one shop, and the state of an order in another. Titles of a language are in the order of preference.
"""

from __future__ import annotations

from typing import Final


def _titles(*languages: str) -> tuple[str, ...]:
    """Return the titles of all languages; each language is its code and a list: ``de: Preis; Listenpreis?``."""
    return tuple(title.strip() for line in languages for title in line.partition(":")[2].split(";"))


PART_NUMBERS: Final = _titles(
    "en: SKU Code; Item Number; Item No; Item Code; Item SKU; Product Number; Product Code; Product No; "
    "Product SKU; Article Number; Article No; Article Code; Part Code; Stock Code; Stock Keeping Unit; "
    "Material Number; Seller SKU; Merchant SKU; Manufacturer Part Number; MPN; Mfr Part Number; Catalogue Number; "
    "Catalog Number; Catalog No; Product Reference; Model Number?; Model No?; Item Reference?; Internal Reference?; "
    "Default Code?; Reference?; Product ID?; Item ID?; Code?; ID?; Number?; No?",
    "de: Artikelnummer; Artikelnr; Artikel-Nr; Art-Nr; ArtikelNo; Artikelcode; Teilenummer; Teile-Nr; Produktnummer; "
    "Produktcode; Produkt-Nr; Bestellnummer; Bestell-Nr; Materialnummer; Sachnummer; Hauptartikelnummer; "
    "Herstellernummer?; Inventarnummer?; Nummer?; Code?",
    "fr: Référence; Référence produit; Référence article; Réf; Réf produit; Réf article; Code article; Code produit; "
    "N° article; Numéro article; Numéro d'article; Numéro de pièce; UGS; Référence interne?; Numéro?",
    "es: Referencia; Código de producto; Código producto; Código del producto; Código de artículo; Código artículo; "
    "Cód producto; Cód artículo; Número de artículo; Número de pieza; Número de parte; Núm parte; Clave producto; "
    "Referencia interna?; Código?; Clave?",
    "it: Codice articolo; Codice prodotto; Cod articolo; Cod prodotto; Cod art; Numero articolo; Riferimento?; "
    "Codice interno?; Codice?",
    "pt: Código do produto; Código produto; Código do artigo; Cód produto; Referência; Número da peça",
    "nl: Artikelnummer; Artikelcode; Artikelnr; Artnr; Productcode; Productnummer; Onderdeelnummer; Bestelnummer; "
    "Referentie?",
    "pl: Kod produktu; Kod towaru; Indeks towaru; Kod artykułu; Numer katalogowy; Nr katalogowy; Numer artykułu; "
    "Numer części; Symbol towaru; Symbol?; Indeks?; Kod?",
    "sv da no: Artikelnummer; Artikelnr; Artikelkod; Produktkod; Produktnummer; Varenummer; Varenr; Produktnr; "
    "Artikkelnummer; Produktkode; Delnummer?; Kod?; Kode?",
    "fi cs tr: Tuotekoodi; Tuotenumero; Tuotenro; Nimikenumero; Nimiketunnus; Osanumero; Kód produktu; Kód zboží; "
    "Katalogové číslo; Číslo zboží; Číslo produktu; Objednací číslo; Ürün Kodu; Stok Kodu; Parça No; Parça Numarası; "
    "Malzeme Kodu",
    "id ja zh ru: Kode Barang; Kode Produk; Kode Item; Kode SKU; No Part; Nomor Part; Nomor Barang; Kode Artikel; "
    "No Barang; 商品コード; 商品番号; 品番; 型番; 製品番号; 製品コード; 部品番号; 品目コード; 部番; SKUコード; "
    "商品编码; 商品编号; 货号; 产品编号; 产品编码; 物料编码; 料号; 零件号; 商品編號; 貨號; Артикул; Код товара; "
    "Артикул товара; Номер детали; Код номенклатуры",
)
PART_NAMES: Final = _titles(
    "en: Product Name; Product Title; Item Name; Item Description; Product Description; Part Name; Part Description; "
    "Article Name; Article Description; Title; Short Description; Product?; Item?; Display Name?",
    "de: Bezeichnung; Artikelbezeichnung; Produktbezeichnung; Artikelname; Produktname; Produkttitel; Artikeltext; "
    "Artikelbeschreibung; Produktbeschreibung; Beschreibung; Kurzbeschreibung; Benennung; Titel; Produkt?; Artikel?",
    "fr: Désignation; Libellé; Nom du produit; Nom produit; Nom de l'article; Désignation article; Libellé produit; "
    "Libellé article; Intitulé; Titre; Description courte; Nom; Produit?; Article?",
    "es: Descripción; Nombre del producto; Nombre producto; Nombre de producto; Descripción del producto; "
    "Nombre del artículo; Descripción corta; Denominación; Título; Nombre; Producto?; Artículo?",
    "it: Descrizione; Descrizione articolo; Descrizione prodotto; Nome prodotto; Nome del prodotto; Nome articolo; "
    "Denominazione; Titolo; Descrizione breve; Nome; Prodotto?; Articolo?",
    "pt: Descrição; Nome do produto; Descrição do produto; Nome produto; Designação; Título; Nome; Produto?",
    "nl: Omschrijving; Artikelomschrijving; Productomschrijving; Productnaam; Artikelnaam; Beschrijving; Titel; Naam; "
    "Product?",
    "pl: Nazwa produktu; Nazwa towaru; Nazwa artykułu; Opis produktu; Nazwa; Opis; Tytuł; Produkt?; Towar?",
    "sv da no: Benämning; Produktnamn; Artikelnamn; Beskrivning; Produktbeskrivning; Produktnavn; Varenavn; "
    "Beskrivelse; Varebeskrivelse; Varetekst; Betegnelse; Artikkelnavn; Namn; Navn; Produkt?",
    "fi cs tr: Tuotenimi; Tuotteen nimi; Nimike; Tuotekuvaus; Kuvaus; Nimi; Název produktu; Název zboží; Název; "
    "Popis; Popis produktu; Označení; Ürün Adı; Stok Adı; Ürün Açıklaması; Açıklama; Malzeme Adı; Tuote?; Ürün?",
    "id ja zh ru: Nama Barang; Nama Produk; Nama Item; Deskripsi; Deskripsi Produk; Deskripsi Barang; Uraian; Nama; "
    "商品名; 品名; 製品名; 部品名; 名称; 商品名称; 商品説明; 品目名; タイトル; 产品名称; 物料名称; 商品標題; "
    "商品名稱; Наименование; Наименование товара; Название; Название товара; Описание; Keterangan?; Barang?; Produk?; "
    "説明?; 描述?; Номенклатура?; Товар?",
)
BRANDS: Final = _titles(
    "en: Brand Name; Product Brand; Manufacturer; Manufacturer Name; Mfr; Maker?; Marque?; Publisher?",
    "de fr es: Marke; Markenname; Hersteller; Herstellername; Fabrikat; Fabricant; Nom de la marque; "
    "Nom du fabricant; Constructeur; Marca; Fabricante; Nombre de la marca; Produzent?; Marque?",
    "it pt nl pl: Marca; Marchio; Produttore; Casa produttrice; Fabricante; Merk; Fabrikant; Merknaam; Producent; "
    "Marka; Nazwa producenta",
    "sv da no: Varumärke; Märke; Tillverkare; Mærke; Varemærke; Producent; Fabrikant; Merke; Varemerke; Produsent",
    "fi cs tr: Merkki; Tuotemerkki; Valmistaja; Brändi; Značka; Výrobce; Marka; Üretici; Marka Adı",
    "id ja zh ru: Merek; Merk; Merk Barang; Produsen; Pabrikan; ブランド; メーカー; メーカー名; ブランド名; 製造元; "
    "製造者; 品牌; 品牌名称; 制造商; 生产厂家; 廠牌; Бренд; Производитель; Марка; Торговая марка; Изготовитель",
)
CATEGORIES: Final = _titles(
    "en: Categories; Category Name; Product Category; Product Categories; Item Category; Product Group; Item Group; "
    "Main Category; Product Family; Category Path; Product Type?; Family?; Department?",
    "de: Kategorie; Kategorien; Warengruppe; Artikelgruppe; Produktgruppe; Produktkategorie; Hauptkategorie; "
    "Produkttyp?; Sortiment?; Rubrik?",
    "fr: Catégorie; Catégories; Catégorie produit; Catégorie principale; Groupe de produits; Famille?; Rayon?; "
    "Sous-famille?",
    "es: Categoría; Categorías; Rubro; Categoría del producto; Grupo de productos; Familia?; Departamento?; Línea?",
    "it: Categoria; Categorie; Categoria merceologica; Categoria prodotto; Gruppo merceologico; Famiglia?; Reparto?",
    "pt: Categoria; Categorias; Categoria do produto; Grupo de produtos; Família?; Departamento?",
    "nl: Categorie; Categorieën; Productgroep; Artikelgroep; Productcategorie; Assortimentsgroep; Rubriek?",
    "pl: Kategoria; Kategorie; Kategoria produktu; Grupa towarowa; Kategoria główna; Grupa produktów; Asortyment?",
    "sv da no: Kategori; Kategorier; Varugrupp; Produktgrupp; Produktkategori; Varegruppe; Produktgruppe",
    "fi cs tr: Kategoria; Tuoteryhmä; Tuotekategoria; Kategoriat; Kategorie; Skupina zboží; Kategorie produktu; "
    "Kategori; Ürün Grubu; Ürün Kategorisi; Kategori Adı; Sortiment?",
    "id ja zh ru: Kategori; Kategori Produk; Kategori Barang; Kelompok Barang; Jenis Barang; Golongan Barang; "
    "カテゴリ; カテゴリー; 分類; 商品分類; 商品カテゴリ; カテゴリ名; 商品カテゴリー; 分类; 类别; 商品分类; 产品类别; "
    "品类; 類別; Категория; Категория товара; Группа товаров; Товарная группа; Раздел?",
)
PRICES: Final = _titles(
    "en: Net Price; Selling Price; Sales Price; Sell Price; Item Price; Product Price; Price per Unit; Price Each; "
    "Regular Price; Base Price; Standard Price?; List Price?; Retail Price?",
    "de: Preis; Nettopreis; Preis netto; Netto-Preis; Verkaufspreis; VK-Preis; VK Preis netto; VK netto; Einzelpreis; "
    "Stückpreis; Verkaufspreis netto; Artikelpreis; VK?; Listenpreis?",
    "fr: Prix HT; Prix; Prix unitaire; Prix de vente; Prix de vente HT; Prix unitaire HT; Prix net; PU HT; Tarif HT; "
    "Tarif régulier; PV HT; Tarif?; PU?; Prix public?",
    "es: Precio; Precio unitario; Precio de venta; Precio neto; Precio venta; Precio sin IVA; Precio base; "
    "Precio unidad; PVP?; Precio normal?; Precio lista?; Precio de lista?",
    "it: Prezzo; Prezzo unitario; Prezzo di vendita; Prezzo netto; Prezzo vendita; Prezzo base; Prezzo di listino?; "
    "Listino?; Prezzo listino?",
    "pt: Preço; Preço unitário; Preço de venda; Preço líquido; Valor unitário; Preço venda; Preço base",
    "nl: Prijs; Verkoopprijs; Stuksprijs; Nettoprijs; Prijs excl btw; Prijs per stuk; Eenheidsprijs; "
    "Verkoopprijs excl btw",
    "pl: Cena; Cena netto; Cena jednostkowa; Cena sprzedaży; Cena sprzedaży netto; Cena detaliczna?; Cena katalogowa?",
    "sv da no: Pris; Pris exkl moms; Försäljningspris; Nettopris; Salgspris; Pris ekskl moms; Enhedspris; Styckpris; "
    "Enhetspris; Utpris?; Utsalgspris?",
    "fi cs tr: Hinta; Myyntihinta; Yksikköhinta; Veroton hinta; Hinta alv 0; Cena; Cena bez DPH; Prodejní cena; "
    "Jednotková cena; Fiyat; Satış Fiyatı; Birim Fiyat; Birim Fiyatı; Liste Fiyatı?",
    "id ja zh ru: Harga; Harga Jual; Harga Satuan; Harga Barang; Harga Produk; Harga Unit; 価格; 単価; 販売価格; "
    "税抜価格; 売価; 販売単価; 値段; 商品価格; 价格; 单价; 售价; 销售价; 價格; 單價; 銷售價格; Цена; Цена без НДС; "
    "Цена за единицу; Цена продажи; Отпускная цена; 定価?; 零售价?; Розничная цена?",
)
CURRENCIES: Final = _titles(
    "en de fr es it pt: Currency Code; Price Currency; Currency ISO; ISO Currency; Währung; Währungscode; "
    "Währungskennzeichen; Devise; Monnaie; Code devise; Moneda; Divisa; Código de moneda; Valuta; Moeda; Curr?",
    "nl pl sv da no fi: Munteenheid; Waluta; Kod waluty; Valutakod; Valutakode; Valuutta",
    "cs tr id ja zh ru: Měna; Para Birimi; Mata Uang; 通貨; 通貨コード; 货币; 币种; 幣別; Валюта; Döviz?",
)
STOCKS: Final = _titles(
    "en: Stock Quantity; Stock Qty; Quantity in Stock; Qty in Stock; On Hand; Quantity on Hand; Qty on Hand; "
    "Stock on Hand; Stock Level; Inventory; Inventory Quantity; Inventory Qty; Inventory Level; Current Stock; "
    "Current Quantity; Units in Stock; Total Stock; Stock Count; In Stock?; Warehouse Stock?; Physical Stock?",
    "de: Bestand; Lagerbestand; Lagermenge; Gesamtbestand; Bestandsmenge; Menge; Anzahl; Stückzahl; Lager?; Auf Lager?",
    "fr: Quantité en stock; Stock physique; Qté en stock; Stock actuel; Quantité; Qté; Niveau de stock; Inventaire?",
    "es: Existencias; Existencia; Cantidad en stock; Stock actual; Inventario; Cantidad; Stock físico; Unidades?",
    "it: Giacenza; Quantità in magazzino; Disponibilità magazzino; Giacenza attuale; Quantità; Qtà; Inventario; "
    "Qta giacenza; Esistenza?; Scorta?",
    "pt: Estoque; Estoque atual; Quantidade em estoque; Quantidade; Qtde; Existências; Inventário; Saldo?",
    "nl pl: Voorraad; Voorraadaantal; Aantal op voorraad; Aantal; Huidige voorraad; Stan magazynowy; "
    "Ilość w magazynie; Ilość; Stany magazynowe; Liczba sztuk; Stan?; Sztuk?",
    "sv da no: Lagersaldo; Lagerantal; Antal; Lagerbeholdning; Beholdning; Antal på lager; Antall; Saldo?; På lager?",
    "fi cs tr: Varastosaldo; Määrä; Stav skladu; Množství; Počet kusů; Zásoba; Stok; Stok Miktarı; Miktar; "
    "Stok Adedi; Varastossa?; Varasto?; Skladem?; Adet?",
    "id ja zh ru: Stok; Jumlah Stok; Stok Barang; Stok Akhir; Sisa Stok; Persediaan; Kuantitas; Qty Stok; "
    "Stok Saat Ini; 在庫数; 在庫; 在庫数量; 数量; 現在庫; 現在庫数; 库存; 库存数量; 在库数量; 庫存; 庫存數量; "
    "现有库存; Остаток; Количество; Остаток на складе; Кол-во; Jumlah?; 個数?; Наличие?",
)
FREE_STOCKS: Final = _titles(
    "en: Available Stock; Available Quantity; Available Qty; Quantity Available; Qty Available; Free Quantity; "
    "Unreserved Quantity; Stock Available; Available to Sell; Sellable Quantity; Available to Promise; Free to Use?",
    "de: Verfügbarer Bestand; Verfügbare Menge; Freier Bestand; Bestand verfügbar; Freie Menge; Verfügbar?",
    "fr: Stock disponible; Quantité disponible; Qté disponible; Stock libre; Disponible?; Dispo?",
    "es: Stock disponible; Cantidad disponible; Existencias disponibles; Inventario disponible; Disponible?",
    "it pt: Quantità disponibile; Giacenza disponibile; Qtà disponibile; Quantidade disponível; Estoque disponível; "
    "Disponibile?; Disponibilità?; Disponível?",
    "nl pl: Vrije voorraad; Beschikbare voorraad; Beschikbaar aantal; Dostępna ilość; Stan dostępny; Ilość dostępna; "
    "Beschikbaar?; Dostępne?",
    "sv da no fi: Disponibelt lager; Tillgängligt saldo; Vapaa saldo; Disponibelt?; Tillgängligt?; Disponibel?; "
    "Tilgængelig?; Käytettävissä?",
    "cs tr id: Dostupné množství; Kullanılabilir Stok; Kullanılabilir Miktar; Stok Tersedia; Jumlah Tersedia; "
    "Stok Bebas; K dispozici?; Tersedia?",
    "ja zh ru: 有効在庫; 有効在庫数; 利用可能在庫; 販売可能数; 引当可能数; 可用库存; 可用数量; 可售库存; "
    "Свободный остаток; Доступно?",
)
SUPPLIERS: Final = _titles(
    "en: Supplier Name; Vendor Name; Supplier Company; Preferred Supplier; Preferred Vendor; Main Supplier; "
    "Distributor?",
    "de fr: Lieferant; Lieferantenname; Hauptlieferant; Zulieferer; Fournisseur; Nom du fournisseur; "
    "Fournisseur principal; Nom fournisseur; Kreditor?; Händler?",
    "es it pt: Proveedor; Nombre del proveedor; Proveedor principal; Nombre proveedor; Fornitore; Nome fornitore; "
    "Fornitore abituale; Ragione sociale fornitore; Fornecedor; Nome do fornecedor",
    "nl pl: Leverancier; Leveranciersnaam; Hoofdleverancier; Dostawca; Nazwa dostawcy; Główny dostawca",
    "sv da no fi: Leverantör; Leverantörsnamn; Leverandør; Leverandørnavn; Toimittaja; Toimittajan nimi",
    "cs tr id: Dodavatel; Tedarikçi; Tedarikçi Adı; Pemasok; Nama Pemasok; Nama Supplier; Nama Vendor; Satıcı?; "
    "Distributor?",
    "ja zh ru: 仕入先; 仕入先名; 供給元; サプライヤー; 供应商; 供应商名称; 供應商; Поставщик; 发货商?",
)
UPDATED_DAYS: Final = _titles(
    "en: Updated At; Updated On; Update Date; Date Updated; Last Update; Last Modified; Modified At; Date Modified; "
    "Last Changed; Changed On; Changed At; Valid From; Price Date; Last Updated At; Modification Date; Modified?",
    "de: Aktualisiert; Aktualisiert am; Letzte Änderung; Geändert am; Änderungsdatum; Zuletzt aktualisiert; "
    "Zuletzt geändert; Gültig ab; Bearbeitet am; Stand?",
    "fr: Mis à jour; Mise à jour; Date de mise à jour; Dernière mise à jour; Modifié le; Date de modification; "
    "Dernière modification; Date MAJ",
    "es: Actualizado; Fecha de actualización; Última actualización; Fecha actualización; Fecha de modificación; "
    "Última modificación; Modificado?",
    "it: Aggiornato; Data aggiornamento; Ultimo aggiornamento; Ultima modifica; Data modifica; Data ultima modifica",
    "pt: Atualizado; Data de atualização; Última atualização; Atualizado em; Última modificação",
    "nl: Bijgewerkt; Laatst bijgewerkt; Laatst gewijzigd; Wijzigingsdatum; Gewijzigd op; Bijgewerkt op",
    "pl: Aktualizacja; Data aktualizacji; Ostatnia aktualizacja; Zaktualizowano; Data modyfikacji; Zmodyfikowano",
    "sv da no fi: Uppdaterad; Senast uppdaterad; Senast ändrad; Opdateret; Sidst opdateret; Oppdatert; "
    "Sist oppdatert; Sist endret; Päivitetty; Viimeksi päivitetty; Ändrad?; Ændret?; Muokattu?",
    "cs tr: Aktualizováno; Datum aktualizace; Poslední změna; Güncelleme Tarihi; Son Güncelleme; Güncellendi",
    "id: Diperbarui; Tanggal Update; Tgl Update; Terakhir Diperbarui; Tanggal Pembaruan; Update Terakhir; Diubah?",
    "ja zh ru: 更新日; 更新日時; 最終更新日; 最終更新; 最終更新日時; 更新日期; 更新时间; 最后更新; 修改时间; "
    "Обновлено; Дата обновления; Изменено?",
)
ACTIVE_FLAGS: Final = _titles(
    "en: Is Active; Enabled; Is Enabled; Published; Is Published; Product Active; Item Active; Active Status; "
    "Sellable?; For Sale?; Is Visible?; Visible?; Listed?; Online?; Product Online?; Enable?; Available for Sale?; "
    "Status?",
    "de: Aktiv; Ist aktiv; Aktiviert; Veröffentlicht; Freigegeben?; Sichtbar?; Verkäuflich?; Status?",
    "fr: Actif; Active; Activé; Publié; Est actif; Visible?; En ligne?; En vente?; Statut?",
    "es it pt: Activo; Activa; Publicado; Habilitado; Está activo; Attivo; Attiva; Pubblicato; Abilitato; Ativo; "
    "Ativa; Visible?; Estatus?; Visibile?; Status?",
    "nl pl: Actief; Gepubliceerd; Ingeschakeld; Is actief; Aktywny; Aktywne; Opublikowany; Opublikowano; Aktywność; "
    "Włączony; Zichtbaar?; Status?; Widoczny?",
    "sv da no fi: Aktiv; Aktiverad; Publicerad; Udgivet; Aktiveret; Publisert; Aktivert; Aktiivinen; Käytössä; "
    "Julkaistu; Status?; Tila?",
    "cs tr id: Aktivní; Zveřejněno; Aktif; Yayında; Yayınlandı; Status Aktif; Diterbitkan; Dipublikasikan; Durum?; "
    "Status Produk?; Ditampilkan?; Status?",
    "ja zh ru: 有効; 公開; 公開状態; 販売中; 公開フラグ; 启用; 是否启用; 啟用; Активен; Активность; Опубликовано; "
    "販売状態?; ステータス?; 状態?; 上架?; 状态?; Статус?",
)
PARTNER_NUMBERS: Final = _titles(
    "en: Dealer Number; Dealer No; Dealer ID; Customer Number; Customer No; Customer Code; Customer ID; "
    "Client Number; Client Code; Client ID; Account Code; Store Code; Store Number; Partner Code; Partner Number; "
    "Partner ID; Debtor Number; Account Number?; Account No?; Account ID?; Number?; No?; Kod?; Codice?; Código?; "
    "Kode?; Contact Number ID?; Reference Number?; Vendor Code?; Vendor Number?; Supplier Code?; External ID?; "
    "Reference?; ID?",
    "de: Händlernummer; Händler-Nr; Händlercode; Kundennummer; Kundennr; Kunden-Nr; Kd-Nr; KdNr; Kundencode; "
    "Debitorennummer; Debitoren-Nr; Partnernummer; Filialnummer; Debitor?; Lieferantennummer?; Mandantennummer?; "
    "Adressnummer?; Nummer?",
    "fr: Code client; Numéro client; N° client; Numéro de client; Référence client; Code revendeur; Code tiers; "
    "Code magasin; Identifiant client; Code fournisseur?; Numéro de compte?; Référence?; Identifiant?",
    "es: Código de cliente; Código cliente; Nº cliente; Número de cliente; Código del cliente; Código distribuidor; "
    "Cód cliente; Número cliente; Clave cliente; ID cliente; Código proveedor?; Referencia?",
    "it: Codice cliente; Cod cliente; Numero cliente; Codice rivenditore; ID cliente; Codice fornitore?; "
    "Codice anagrafica?",
    "pt: Código do cliente; Código cliente; Número do cliente; Cód cliente; Código do revendedor; ID do cliente",
    "nl: Klantnummer; Klantcode; Klantnr; Debiteurnummer; Debiteurnr; Dealernummer; Dealercode; Relatienummer; "
    "Relatiecode; Debiteur?",
    "pl: Kod klienta; Numer klienta; Nr klienta; Kod kontrahenta; Numer kontrahenta; Kod dealera; ID klienta; Akronim?",
    "sv da no fi: Kundnummer; Kundnr; Kundkod; Kundenummer; Kundenr; Kundekode; Forhandlernummer; "
    "Återförsäljarnummer; Asiakasnumero; Asiakasnro; Asiakastunnus; Debitornummer",
    "cs tr: Číslo zákazníka; Kód zákazníka; Müşteri No; Müşteri Kodu; Bayi Kodu; Cari Kod; Cari Kodu",
    "id: Kode Dealer; Kode Pelanggan; Kode Customer; No Pelanggan; Nomor Pelanggan; ID Pelanggan; Kode Mitra; "
    "Kode Toko; Kode Kontak?",
    "ja zh ru: 顧客番号; 顧客コード; 取引先コード; 得意先コード; 販売店コード; 代理店コード; 顧客ID; 店舗コード; "
    "客户编号; 客户编码; 客户代码; 经销商编号; 客戶編號; Код клиента; Номер клиента; Код контрагента; 会員番号?",
)
PARTNER_NAMES: Final = _titles(
    "en: Company; Company Name; Business Name; Organization; Organisation; Organization Name; Organisation Name; "
    "Account Name; Customer Name; Client Name; Partner Name; Store Name; Shop Name; Trading Name; Legal Name; "
    "Customer Company; Business?; Org Name?; Location Name?; Customer?; Client?; Firm?; Display Name?; Full Name?; "
    "Contact Name?; Dealer?",
    "de: Firma; Firmenname; Firmenbezeichnung; Unternehmen; Unternehmensname; Händler; Händlername; Kundenname; "
    "Organisation; Geschäftsname; Kunde?; Name 1?; Vollständiger Name?",
    "fr: Raison sociale; Société; Nom de la société; Nom société; Entreprise; Nom de l'entreprise; Nom entreprise; "
    "Nom du client; Nom client; Organisation; Enseigne; Dénomination; Nom; Client?; Nom complet?",
    "es: Razón social; Empresa; Nombre de la empresa; Nombre empresa; Nombre del cliente; Nombre cliente; "
    "Nombre comercial; Nombre fiscal; Compañía; Organización; Nombre; Cliente?; Nombre completo?",
    "it: Ragione sociale; Denominazione; Azienda; Nome azienda; Società; Nome cliente; Intestazione; Ditta; Nome; "
    "Cliente?; Nome completo?",
    "pt: Razão social; Empresa; Nome da empresa; Nome do cliente; Nome fantasia; Companhia; Nome; Cliente?; "
    "Nome completo?",
    "nl: Bedrijfsnaam; Bedrijf; Firmanaam; Organisatie; Klantnaam; Naam; Klant?; Volledige naam?",
    "pl: Nazwa firmy; Firma; Nazwa klienta; Nazwa kontrahenta; Kontrahent; Nazwa pełna; Organizacja; Nazwa; Klient?; "
    "Pełna nazwa?",
    "sv da no fi: Företag; Företagsnamn; Kundnamn; Firmanavn; Virksomhed; Virksomhedsnavn; Kundenavn; Bedrift; "
    "Bedriftsnavn; Yritys; Yrityksen nimi; Asiakkaan nimi; Namn; Navn; Nimi; Kund?; Kunde?; Asiakas?",
    "cs tr: Název firmy; Společnost; Jméno zákazníka; Název; Firma Adı; Şirket; Şirket Adı; Ünvan; Müşteri Adı; "
    "Bayi Adı",
    "id: Nama Dealer; Nama Perusahaan; Perusahaan; Nama Pelanggan; Nama Toko; Nama Customer; Nama Mitra; Nama; "
    "Pelanggan?; Nama Lengkap?",
    "ja zh ru: 会社名; 企業名; 顧客名; 取引先名; 得意先名; 販売店名; 法人名; 店舗名; 組織名; 公司名称; 公司; "
    "客户名称; 企业名称; 经销商名称; 公司名稱; Наименование; Название компании; Компания; Организация; Контрагент; "
    "名称?; 氏名?; 名前?; 姓名?; Клиент?",
)
EMAILS: Final = _titles(
    "en: Email Address; E-mail Address; Mail Address; Primary Email; Contact Email; Business Email; Work Email; "
    "Customer Email; Company Email; Main Email; Email 1",
    "de fr: E-Mail-Adresse; Mailadresse; E-Mail geschäftlich; Mail-Adresse; Adresse e-mail; Adresse mail; Courriel; "
    "Adresse courriel; Adresse électronique; Adresse de messagerie; Mél",
    "es: Correo electrónico; Dirección de correo electrónico; Dirección de correo; Dirección de e-mail; Correo?",
    "it pt: Indirizzo email; Indirizzo e-mail; Posta elettronica; Indirizzo di posta elettronica; "
    "Indirizzo posta elettronica; Endereço de e-mail; Correio eletrônico; Correio eletrónico",
    "nl pl: E-mailadres; Mailadres; Adres e-mail; Adres email; Adres mailowy; Poczta elektroniczna?",
    "sv da no fi: E-post; Epost; E-postadress; Mejl; Mejladress; E-mailadresse; E-postadresse; Sähköposti; "
    "Sähköpostiosoite",
    "cs tr id: E-mailová adresa; E-posta; E-posta Adresi; Eposta; Alamat Email; Surel; Alamat Surel; Email Perusahaan",
    "ja zh ru: メール; メールアドレス; Eメール; Eメールアドレス; 電子メール; 電子メールアドレス; 邮箱; 电子邮件; "
    "电子邮箱; 邮箱地址; 電子郵件; Электронная почта; Эл почта; Почта?",
)
PHONES: Final = _titles(
    "en: Telephone Number; Tel; Tel No; Phone No; Telephone No; Primary Phone; Main Phone; Business Phone; "
    "Work Phone; Company Phone; Contact Phone; Office Phone; Phone 1; Contact Number; Company Main Phone; Mobile?; "
    "Mobile Phone?; Mobile Number?; Cell Phone?",
    "de: Telefon; Telefonnummer; Tel-Nr; Telefon geschäftlich; Rufnummer; Telefon 1; Festnetz; Mobiltelefon?; Handy?; "
    "Mobil?",
    "fr: Téléphone; Numéro de téléphone; Tél; N° de téléphone; N° téléphone; Téléphone fixe; Téléphone 1; Portable?; "
    "Téléphone portable?; Mobile?",
    "es: Teléfono; Número de teléfono; Teléfono fijo; Teléfono 1; Teléfono principal; Tfno; Móvil?; Celular?",
    "it: Telefono; Numero di telefono; Numero telefono; Telefono fisso; Telefono 1; Recapito telefonico; Cellulare?",
    "pt nl: Telefone; Número de telefone; Fone; Telefone fixo; Telefoon; Telefoonnummer; Telefoon 1; Tel nr; "
    "Telemóvel?; Celular?; Mobiel?; Mobiele telefoon?",
    "pl: Telefon; Numer telefonu; Nr telefonu; Telefon 1; Telefon stacjonarny; Telefon komórkowy?; Komórka?",
    "sv da no fi: Telefon; Telefonnummer; Telefonnr; Tlf; Tlf nr; Puhelin; Puhelinnumero; Puh; Mobilnummer?; Mobil?; "
    "Matkapuhelin?",
    "cs tr id: Telefonní číslo; Telefon; Telefon No; Telefon Numarası; Telepon; No Telepon; Nomor Telepon; Telp; "
    "No Telp; No Tlp; Nomor Telp; Cep Telefonu?; No HP?; Nomor HP?; Handphone?; Ponsel?",
    "ja zh ru: 電話番号; 電話; TEL; 代表電話; 連絡先電話番号; 电话; 电话号码; 联系电话; 電話號碼; Телефон; "
    "Номер телефона; Контактный телефон; 携帯電話?; 手机?",
)
CITIES: Final = _titles(
    "en: City Name; Locality; Municipality; Billing City; Mailing City; Business City; Town/City; City/Town; "
    "Company City; Post Town; Address City; Suburb?",
    "de fr es it: Ort; Stadt; Wohnort; Ortschaft; Gemeinde; Ortsname; Ville; Localité; Ville de facturation; Ciudad; "
    "Localidad; Población; Città; Località; Citta; Firmensitz?; Commune?; Municipio?; Comune?",
    "pt nl pl: Cidade; Localidade; Município; Plaats; Stad; Woonplaats; Plaatsnaam; Gemeente; Vestigingsplaats; "
    "Miasto; Miejscowość; Poczta miasto; Concelho?; Gmina?",
    "sv da no fi: Ort; Stad; Postort; Postnummerort; Bynavn; Poststed; Kaupunki; Postitoimipaikka; Paikkakunta; By?; "
    "Sted?",
    "cs tr id ja zh ru: Město; Obec; Şehir; Kota; Kota/Kabupaten; Kab/Kota; Nama Kota; 市区町村; 市町村; 都市; 城市; "
    "所在城市; Город; Населенный пункт; İl?; İlçe?; Kabupaten?; 市?",
)
COUNTRIES: Final = _titles(
    "en: Country Name; Billing Country; Mailing Country; Business Country; Country/Region; Address Country; Nation?; "
    "Country Code?; Country/Region Code?",
    "de: Land; Land/Region; Ländername; Staat?; Länderkennzeichen?; Ländercode?; Landeskennzeichen?",
    "fr es: Pays; Pays/Région; Nom du pays; Pays de facturation; País; País/Región; País o región; Nombre del país; "
    "Code pays?; Código país?; Código de país?",
    "it pt nl: Paese; Nazione; Paese/Area geografica; Nazione/Regione; País; País/Região; Nação; Land; Land/regio; "
    "Landnaam; Stato estero?; Codice paese?; Código do país?; Landcode?",
    "pl sv da no fi: Kraj; Kraj/region; Państwo; Nazwa kraju; Land; Maa; Kod kraju?; Landskod?; Landekode?; "
    "Maakoodi?; Landkode?",
    "cs tr id ja zh ru: Země; Stát; Ülke; Negara; Nama Negara; 国; 国名; 国家; 国家地区; 國家; Страна; Ülke Kodu?; "
    "Kode Negara?; 国コード?; 国籍?; Код страны?",
)
TIERS: Final = _titles(
    "en: Customer Tier; Partner Level; Partner Tier; Dealer Level; Customer Level; Membership Level; Loyalty Level; "
    "Customer Class?; Rating?; Rank?; Class?; Grade?",
    "de: Stufe?; Kundenklasse?; Kundenstufe?; Einstufung?; Partnerstatus?; Klasse?; Rabattstufe?",
    "fr es it pt: Niveau?; Niveau client?; Classe client?; Palier?; Classement?; Nivel?; Nivel de cliente?; "
    "Categoría de cliente?; Livello?; Classe cliente?; Nível?; Classe?",
    "nl pl sv da no fi: Niveau?; Klantniveau?; Klasse?; Poziom?; Klasa klienta?; Ranga?; Nivå?; Kundklass?; "
    "Kundeklasse?; Kundeniveau?; Taso?; Asiakasluokka?",
    "cs tr id ja zh ru: Úroveň?; Třída?; Seviye?; Bayi Seviyesi?; Tingkat?; Tingkatan?; Kelas?; ランク?; 等級?; "
    "会員ランク?; 級別?; 等级?; 级别?; 客户等级?; Уровень?; Класс?",
)
ORDER_NUMBERS: Final = _titles(
    "en: Order No; Order Code; Order Reference; Sales Order Number; SO Number; Sales Order?; Order?",
    "id de fr es: No Pesanan; Nomor Pesanan; ID Order; ID Pesanan; Kode Order; No. SO; Auftragsnummer; Auftrags-Nr; "
    "Bestellnummer; Numéro de commande; N° commande; Número de pedido; Nº pedido",
    "it pt nl: Numero ordine; Numero d'ordine; Número do pedido; Ordernummer; Bestelnummer",
)
ORDER_DAYS: Final = _titles(
    "en: Order Created; Ordered On; Order Created At; Date of Order; Created Date?; Created At?; Creation Date?",
    "id: Tanggal Pesanan; Tgl Pesanan; Tanggal Pemesanan; Tgl Pemesanan; Waktu Order; Tanggal Dibuat?",
    "de fr es it pt nl: Bestelldatum; Auftragsdatum; Date de commande; Fecha de pedido; Fecha pedido; Data ordine; "
    "Data do pedido; Orderdatum; Besteldatum",
)
CUSTOMER_NAMES: Final = _titles(
    "en id: Client Name; Account Name; Nama Customer; Nama Klien; Customer?; Client?; Company Name?; Company?; "
    "Nama Perusahaan?; Nama CC?; Nama?",
    "de fr es it pt nl: Kundenname; Nom du client; Nombre del cliente; Nome cliente; Nome do cliente; Klantnaam; "
    "Kunde?; Client?; Cliente?; Klant?",
)
MOBILES: Final = _titles(
    "en: Mobile Number; Mobile Phone; Cell Phone; Phone Number?; Phone?; Telephone?; Contact Number?; Tel?",
    "id: No Handphone; Nomor Handphone; Handphone; Ponsel; No Ponsel; Nomor Ponsel; No Telepon?; Nomor Telepon?; "
    "Telepon?; Kontak?",
    "af de fr es: Selfoon; Selfoonnommer; Handy; Mobiltelefon; Téléphone portable; Teléfono móvil; Celular",
)
ADDRESSES: Final = _titles(
    "en: Address; Installation Address; Street Address; Full Address; Service Address; Address Line 1?",
    "id de fr es: Alamat Pelanggan; Alamat Lengkap; Alamat Pemasangan; Alamat Pasang; Alamat Layanan; Adresse; "
    "Anschrift; Dirección; Straße?; Domicilio?",
)
STATUSES: Final = _titles(
    "en id de fr es: Order Status; Order State; Current Status; Status Pesanan; Status Terakhir; Auftragsstatus; "
    "Bestellstatus; State?; Keadaan?; Statut?; Estado?",
)
PERSON_NUMBERS: Final = _titles(
    "en: ID Nr; National ID; National ID Number; SA ID Number; RSA ID; Identification Number; "
    "Identity Document Number; ID?; Voter ID Number?; Voter ID?",
    "af zu xh: ID-nommer; Identiteitsnommer; Inombolo kamazisi; Inombolo yesazisi",
)
FIRST_NAMES: Final = _titles(
    "en af zu xh: Given Name; Given Names; Forename; Christian Name; Christian Names; Full First Names; Voorname; "
    "Voornaam; Noemnaam; Amagama; Igama",
)
SURNAMES: Final = _titles(
    "en af zu xh: Family Names; Isibongo; Ifani; Second Name?; Van?",
)
WARDS: Final = _titles(
    "en af: Ward Code; Voting Ward; Municipal Ward; Wyk; Wyknommer",
)
