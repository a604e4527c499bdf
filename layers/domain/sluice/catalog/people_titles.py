"""Titles of columns about partners, people and their orders; see `sluice.catalog.titles` for how they are written."""

from __future__ import annotations

from typing import Final

from sluice.catalog.titles import titles

PARTNER_NUMBERS: Final = titles(
    "en: Dealer Number; Dealer No; Dealer ID; Customer Number; Customer No; Customer Code; Customer ID; "
    "Client Number; Client Code; Client ID; Account Code; Store Code; Store Number; Partner Code; Partner Number; "
    "Partner ID; Debtor Number; Dealer Cd; Dealer Ref; Dealership Code; Dealership ID; Shop Code; Shop Number; "
    "Shop No; Shop ID; Branch Code; Outlet Code; Outlet ID; Location Code; Reseller ID; Reseller Code; "
    "Distributor Code; Distributor ID; KUNNR; Account Number?; Account No?; Account ID?; Number?; No?; Kod?; "
    "Codice?; Código?; Kode?; Contact Number ID?; Reference Number?; Vendor Code?; Vendor Number?; Supplier Code?; "
    "External ID?; Reference?; ID?; Company Number?; Company Code?; Contact ID?; License No?; License Number?; "
    "Record ID?; Registration Number?; External Key?",
    "de: Händlernummer; Händler-Nr; Händlercode; Kundennummer; Kundennr; Kunden-Nr; Kd-Nr; KdNr; Kundencode; "
    "Debitorennummer; Debitoren-Nr; Partnernummer; Filialnummer; Händler-ID; Kunden-ID; Filial-Nr; Filialcode; "
    "Partner-Nr; Debitor?; Lieferantennummer?; Mandantennummer?; Adressnummer?; Nummer?; Konto?; Kontonummer?",
    "fr: Code client; Numéro client; N° client; Numéro de client; Référence client; Code revendeur; Code tiers; "
    "Code magasin; Identifiant client; Code concession; Code concessionnaire; Code distributeur; Code partenaire; "
    "Code point de vente; Réf client; ID client; Numéro revendeur; N° revendeur; Code fournisseur?; "
    "Numéro de compte?; Référence?; Identifiant?; Code agence?",
    "es: Código de cliente; Código cliente; Nº cliente; Número de cliente; Código del cliente; Código distribuidor; "
    "Cód cliente; Número cliente; Clave cliente; ID cliente; ID distribuidor; Código de distribuidor; "
    "Código del distribuidor; Código concesionario; Código tienda; Código de tienda; Nº de cliente; ID de cliente; "
    "Código proveedor?; Referencia?",
    "it: Codice cliente; Cod cliente; Numero cliente; Codice rivenditore; ID cliente; Codice concessionario; "
    "Codice negozio; Codice punto vendita; Codice distributore; Codice partner; ID rivenditore; Codice fornitore?; "
    "Codice anagrafica?",
    "pt: Código do cliente; Código cliente; Número do cliente; Cód cliente; Código do revendedor; ID do cliente; "
    "Código da loja; Código do distribuidor; Código revendedor; Cód loja; Cód revendedor; Código do parceiro; CNPJ?",
    "nl: Klantnummer; Klantcode; Klantnr; Debiteurnummer; Debiteurnr; Dealernummer; Dealercode; Relatienummer; "
    "Relatiecode; Winkelnummer; Filiaalnummer; Relatienr; Klant ID; Debiteur?; Vestigingsnummer?",
    "pl: Kod klienta; Numer klienta; Nr klienta; Kod kontrahenta; Numer kontrahenta; Kod dealera; ID klienta; "
    "Symbol kontrahenta; Symbol klienta; Kod sklepu; Kod partnera; Nr kontrahenta; ID kontrahenta; "
    "Akronim kontrahenta; Akronim?; Symbol?",
    "sv da no fi: Kundnummer; Kundnr; Kundkod; Kundenummer; Kundenr; Kundekode; Forhandlernummer; "
    "Återförsäljarnummer; Asiakasnumero; Asiakasnro; Asiakastunnus; Debitornummer; Butiksnummer; Återförsäljarkod; "
    "Forhandlerkode; Kund-ID; Kunde-ID",
    "cs tr: Číslo zákazníka; Kód zákazníka; Müşteri No; Müşteri Kodu; Bayi Kodu; Cari Kod; Cari Kodu",
    "id: Kode Dealer; Kode Pelanggan; Kode Customer; No Pelanggan; Nomor Pelanggan; ID Pelanggan; Kode Mitra; "
    "Kode Toko; Kode Cabang; Kode Outlet; Kode Agen; Kode Distributor; ID Toko; ID Dealer; ID Mitra; ID Customer; "
    "Kode Kontak?",
    "ja zh ru: 顧客番号; 顧客コード; 取引先コード; 得意先コード; 販売店コード; 代理店コード; 顧客ID; 店舗コード; "
    "客户编号; 客户编码; 客户代码; 经销商编号; 客戶編號; Код клиента; Номер клиента; Код контрагента; 店舗番号; "
    "販売店番号; 代理店番号; 取引先番号; 得意先番号; 加盟店コード; 会員番号?; コード?",
)
PARTNER_NAMES: Final = titles(
    "en: Company; Company Name; Business Name; Organization; Organisation; Organization Name; Organisation Name; "
    "Account Name; Customer Name; Client Name; Partner Name; Store Name; Shop Name; Trading Name; Legal Name; "
    "Customer Company; Dealership; Dealership Name; Legal Business Name; Outlet Name; Branch Name; Reseller Name; "
    "Distributor Name; Registered Name; DBA Name; Business?; Org Name?; Location Name?; Customer?; Client?; Firm?; "
    "Display Name?; Full Name?; Contact Name?; Dealer?; DBA?; Reseller?; Distributor?",
    "de: Firma; Firmenname; Firmenbezeichnung; Unternehmen; Unternehmensname; Händler; Händlername; Kundenname; "
    "Organisation; Geschäftsname; Name (Adressattyp Unternehmen); Filialname; Firmierung; Firma/Name; Name/Firma; "
    "Kunde?; Name 1?; Vollständiger Name?; Kurzbezeichnung?",
    "fr: Raison sociale; Société; Nom de la société; Nom société; Entreprise; Nom de l'entreprise; Nom entreprise; "
    "Nom du client; Nom client; Organisation; Enseigne; Dénomination; Nom; Nom commercial; Nom du magasin; "
    "Nom de l'établissement; Nom du concessionnaire; Nom du revendeur; Client?; Nom complet?; Établissement?; "
    "Concession?; Revendeur?",
    "es: Razón social; Empresa; Nombre de la empresa; Nombre empresa; Nombre del cliente; Nombre cliente; "
    "Nombre comercial; Nombre fiscal; Compañía; Organización; Nombre; Nombre del distribuidor; Nombre distribuidor; "
    "Nombre de la tienda; Nombre tienda; Denominación social; Nombre o razón social; Cliente?; Nombre completo?; "
    "Distribuidor?; Concesionario?",
    "it: Ragione sociale; Denominazione; Azienda; Nome azienda; Società; Nome cliente; Intestazione; Ditta; Nome; "
    "Denominazione sociale; Nome negozio; Insegna; Nome rivenditore; Nome concessionario; Cliente?; Nome completo?; "
    "Rivenditore?; Concessionario?",
    "pt: Razão social; Empresa; Nome da empresa; Nome do cliente; Nome fantasia; Companhia; Nome; Nome da loja; "
    "Nome do revendedor; Nome do distribuidor; Cliente?; Nome completo?; Revendedor?; Loja?",
    "nl: Bedrijfsnaam; Bedrijf; Firmanaam; Organisatie; Klantnaam; Naam; Handelsnaam; Winkelnaam; Dealernaam; "
    "Relatienaam; Klant?; Volledige naam?",
    "pl: Nazwa firmy; Firma; Nazwa klienta; Nazwa kontrahenta; Kontrahent; Nazwa pełna; Organizacja; Nazwa; "
    "Nazwa sklepu; Nazwa partnera; Nazwa dealera; Klient?; Pełna nazwa?; Nazwa skrócona?",
    "sv da no fi: Företag; Företagsnamn; Kundnamn; Firmanavn; Virksomhed; Virksomhedsnavn; Kundenavn; Bedrift; "
    "Bedriftsnavn; Yritys; Yrityksen nimi; Asiakkaan nimi; Namn; Navn; Nimi; Butiksnamn; Återförsäljare; "
    "Forhandlernavn; Butikknavn; Kund?; Kunde?; Asiakas?; Forhandler?",
    "cs tr: Název firmy; Společnost; Jméno zákazníka; Název; Firma Adı; Şirket; Şirket Adı; Ünvan; Müşteri Adı; "
    "Bayi Adı",
    "id: Nama Dealer; Nama Perusahaan; Perusahaan; Nama Pelanggan; Nama Toko; Nama Customer; Nama Mitra; Nama; "
    "Nama Outlet; Nama Cabang; Nama Agen; Nama Distributor; Nama Usaha; Pelanggan?; Nama Lengkap?",
    "ja zh ru: 会社名; 企業名; 顧客名; 取引先名; 得意先名; 販売店名; 法人名; 店舗名; 組織名; 公司名称; 公司; "
    "客户名称; 企业名称; 经销商名称; 公司名稱; Наименование; Название компании; Компания; Организация; Контрагент; "
    "社名; 代理店名; 加盟店名; 名称?; 氏名?; 名前?; 姓名?; Клиент?; 屋号?",
)
EMAILS: Final = titles(
    "en: Email Address; E-mail Address; Mail Address; Primary Email; Contact Email; Business Email; Work Email; "
    "Customer Email; Company Email; Main Email; Email 1; Email ID; Mail ID; Email Addresses; SMTP_ADDR; Email Contact",
    "de fr: E-Mail-Adresse; Mailadresse; E-Mail geschäftlich; Mail-Adresse; Adresse e-mail; Adresse mail; Courriel; "
    "Adresse courriel; Adresse électronique; Adresse de messagerie; Mél; E-Mail-Adr; Kontakt-E-Mail; E-Mail Kontakt; "
    "Email de contact; Courriel de contact",
    "es: Correo electrónico; Dirección de correo electrónico; Dirección de correo; Dirección de e-mail; "
    "E-mail de contacto; Correo de contacto; Correo electrónico de contacto; Correo elec; Correo?",
    "it pt: Indirizzo email; Indirizzo e-mail; Posta elettronica; Indirizzo di posta elettronica; "
    "Indirizzo posta elettronica; Endereço de e-mail; Correio eletrônico; Correio eletrónico; Email di contatto; "
    "E-mail de contato; E-mail comercial",
    "nl pl: E-mailadres; Mailadres; Adres e-mail; Adres email; Adres mailowy; Email kontaktowy; Poczta elektroniczna?",
    "sv da no fi: E-post; Epost; E-postadress; Mejl; Mejladress; E-mailadresse; E-postadresse; Sähköposti; "
    "Sähköpostiosoite; Mailadress",
    "cs tr id: E-mailová adresa; E-posta; E-posta Adresi; Eposta; Alamat Email; Surel; Alamat Surel; "
    "Email Perusahaan; Email Kontak; Email Toko",
    "ja zh ru: メール; メールアドレス; Eメール; Eメールアドレス; 電子メール; 電子メールアドレス; 邮箱; 电子邮件; "
    "电子邮箱; 邮箱地址; 電子郵件; Электронная почта; Эл почта; Почта?",
)
PHONES: Final = titles(
    "en: Telephone Number; Tel; Tel No; Phone No; Telephone No; Primary Phone; Main Phone; Business Phone; "
    "Work Phone; Company Phone; Contact Phone; Office Phone; Phone 1; Contact Number; Company Main Phone; TELF1; "
    "Tel 1; Landline; Landline Number; Contact No; Contact Telephone; Contact Tel; Phone No 1; Mobile?; "
    "Mobile Phone?; Mobile Number?; Cell Phone?",
    "de: Telefon; Telefonnummer; Tel-Nr; Telefon geschäftlich; Rufnummer; Telefon 1; Festnetz; Tel geschäftlich; "
    "Telefon Büro; Tel Büro; Mobiltelefon?; Handy?; Mobil?",
    "fr: Téléphone; Numéro de téléphone; Tél; N° de téléphone; N° téléphone; Téléphone fixe; Téléphone 1; "
    "Tél bureau; Téléphone bureau; Téléphone professionnel; Tél fixe; Portable?; Téléphone portable?; Mobile?; "
    "Téléphone mobile?",
    "es: Teléfono; Número de teléfono; Teléfono fijo; Teléfono 1; Teléfono principal; Tfno; Teléfono de contacto; "
    "Teléfono contacto; Nº teléfono; Nº de teléfono; Móvil?; Celular?; Teléfono móvil?",
    "it: Telefono; Numero di telefono; Numero telefono; Telefono fisso; Telefono 1; Recapito telefonico; "
    "Telefono ufficio; Tel ufficio; Telefono di contatto; Num telefono; N telefono; Cellulare?; Telefono cellulare?",
    "pt nl: Telefone; Número de telefone; Fone; Telefone fixo; Telefoon; Telefoonnummer; Telefoon 1; Tel nr; "
    "Telefone 1; Fone 1; Telefone de contato; Telefone comercial; Telefone contato; Telefoonnr; Telemóvel?; "
    "Celular?; Mobiel?; Mobiele telefoon?",
    "pl: Telefon; Numer telefonu; Nr telefonu; Telefon 1; Telefon stacjonarny; Nr tel; Telefon kontaktowy; "
    "Tel kontaktowy; Telefon służbowy; Telefon komórkowy?; Komórka?",
    "sv da no fi: Telefon; Telefonnummer; Telefonnr; Tlf; Tlf nr; Puhelin; Puhelinnumero; Puh; Telefon arbete; "
    "Telefon arbejde; Kontakttelefon; Mobilnummer?; Mobil?; Matkapuhelin?",
    "cs tr id: Telefonní číslo; Telefon; Telefon No; Telefon Numarası; Telepon; No Telepon; Nomor Telepon; Telp; "
    "No Telp; No Tlp; Nomor Telp; Telp/HP; Telepon/HP; No Telp/HP; Cep Telefonu?; No HP?; Nomor HP?; Handphone?; "
    "Ponsel?; No Kontak?; No WA?",
    "ja zh ru: 電話番号; 電話; TEL; 代表電話; 連絡先電話番号; 电话; 电话号码; 联系电话; 電話號碼; Телефон; "
    "Номер телефона; Контактный телефон; 携帯電話?; 手机?; 連絡先?",
)
CITIES: Final = titles(
    "en: City Name; Locality; Municipality; Billing City; Mailing City; Business City; Town/City; City/Town; "
    "Company City; Post Town; Address City; ORT01; Physical City; City/Municipality; Store City; Shop City; "
    "Premises City; Suburb?",
    "de fr es it: Ort; Stadt; Wohnort; Ortschaft; Gemeinde; Ortsname; Ville; Localité; Ville de facturation; Ciudad; "
    "Localidad; Población; Città; Località; Citta; Stadt/Ort; Ort/Stadt; Ville/Commune; Ciudad/Localidad; "
    "Localidad/Ciudad; Firmensitz?; Commune?; Municipio?; Comune?",
    "pt nl pl: Cidade; Localidade; Município; Plaats; Stad; Woonplaats; Plaatsnaam; Gemeente; Vestigingsplaats; "
    "Miasto; Miejscowość; Poczta miasto; Cidade/Município; Município/Cidade; Miejscowość/Miasto; Concelho?; Gmina?",
    "sv da no fi: Ort; Stad; Postort; Postnummerort; Bynavn; Poststed; Kaupunki; Postitoimipaikka; Paikkakunta; By?; "
    "Sted?",
    "cs tr id ja zh ru: Město; Obec; Şehir; Kota; Kota/Kabupaten; Kab/Kota; Nama Kota; 市区町村; 市町村; 都市; 城市; "
    "所在城市; Город; Населенный пункт; Kabupaten/Kota; Kota/Kab; İl?; İlçe?; Kabupaten?; 市?",
)
COUNTRIES: Final = titles(
    "en: Country Name; Billing Country; Mailing Country; Business Country; Country/Region; Address Country; LAND1; "
    "Country of Residence; Store Country; Ctry; Nation?; Country Code?; Country/Region Code?; Country Key?; "
    "Country ISO?; ISO Country Code?; Country Abbreviation?",
    "de: Land; Land/Region; Ländername; Staat/Land; Land/Staat; Staat?; Länderkennzeichen?; Ländercode?; "
    "Landeskennzeichen?; Länderkennz?; Länderkürzel?",
    "fr es: Pays; Pays/Région; Nom du pays; Pays de facturation; País; País/Región; País o región; Nombre del país; "
    "País de residencia; Pays de résidence; Code pays?; Código país?; Código de país?; Code ISO pays?",
    "it pt nl: Paese; Nazione; Paese/Area geografica; Nazione/Regione; País; País/Região; Nação; Land; Land/regio; "
    "Landnaam; Paese di residenza; Stato estero?; Codice paese?; Código do país?; Landcode?; Sigla paese?",
    "pl sv da no fi: Kraj; Kraj/region; Państwo; Nazwa kraju; Land; Maa; Kod kraju?; Landskod?; Landekode?; "
    "Maakoodi?; Landkode?",
    "cs tr id ja zh ru: Země; Stát; Ülke; Negara; Nama Negara; 国; 国名; 国家; 国家地区; 國家; Страна; Ülke Kodu?; "
    "Kode Negara?; 国コード?; 国籍?; Код страны?",
)
TIERS: Final = titles(
    "en: Customer Tier; Partner Level; Partner Tier; Dealer Level; Customer Level; Membership Level; Loyalty Level; "
    "Tier Level; Dealer Tier; Dealer Grade; Dealer Class; Reseller Level; Customer Class?; Rating?; Rank?; Class?; "
    "Grade?; Customer Group?; KDGRP?; Customer Grade?; Partner Type?",
    "de: Partnerstufe; Händlerstufe; Stufe?; Kundenklasse?; Kundenstufe?; Einstufung?; Partnerstatus?; Klasse?; "
    "Rabattstufe?; Kundengruppe?",
    "fr es it pt: Niveau partenaire; Nivel de distribuidor; Livello partner; Nível do parceiro; Niveau?; "
    "Niveau client?; Classe client?; Palier?; Classement?; Nivel?; Nivel de cliente?; Categoría de cliente?; "
    "Livello?; Classe cliente?; Nível?; Classe?; Fascia?; Catégorie tarifaire?; Catégorie client?; Fascia cliente?",
    "nl pl sv da no fi: Partnerniveau; Poziom partnera; Niveau?; Klantniveau?; Klasse?; Poziom?; Klasa klienta?; "
    "Ranga?; Nivå?; Kundklass?; Kundeklasse?; Kundeniveau?; Taso?; Asiakasluokka?; Klantgroep?; Grupa kontrahenta?",
    "cs tr id ja zh ru: Tingkat Mitra; Level Dealer; Level Mitra; Úroveň?; Třída?; Seviye?; Bayi Seviyesi?; "
    "Tingkat?; Tingkatan?; Kelas?; ランク?; 等級?; 会員ランク?; 級別?; 等级?; 级别?; 客户等级?; Уровень?; Класс?; "
    "Golongan?; 顧客ランク?",
)
ORDER_NUMBERS: Final = titles(
    "en: Order No; Order Code; Order Reference; Sales Order Number; SO Number; Sales Order?; Order?",
    "id de fr es: No Pesanan; Nomor Pesanan; ID Order; ID Pesanan; Kode Order; No. SO; Auftragsnummer; Auftrags-Nr; "
    "Bestellnummer; Numéro de commande; N° commande; Número de pedido; Nº pedido",
    "it pt nl: Numero ordine; Numero d'ordine; Número do pedido; Ordernummer; Bestelnummer",
)
ORDER_DAYS: Final = titles(
    "en: Order Created; Ordered On; Order Created At; Date of Order; Created Date?; Created At?; Creation Date?",
    "id: Tanggal Pesanan; Tgl Pesanan; Tanggal Pemesanan; Tgl Pemesanan; Waktu Order; Tanggal Dibuat?",
    "de fr es it pt nl: Bestelldatum; Auftragsdatum; Date de commande; Fecha de pedido; Fecha pedido; Data ordine; "
    "Data do pedido; Orderdatum; Besteldatum",
)
CUSTOMER_NAMES: Final = titles(
    "en id: Client Name; Account Name; Nama Customer; Nama Klien; Customer?; Client?; Company Name?; Company?; "
    "Nama Perusahaan?; Nama CC?; Nama?",
    "de fr es it pt nl: Kundenname; Nom du client; Nombre del cliente; Nome cliente; Nome do cliente; Klantnaam; "
    "Kunde?; Client?; Cliente?; Klant?",
)
MOBILES: Final = titles(
    "en: Mobile Number; Mobile Phone; Cell Phone; Phone Number?; Phone?; Telephone?; Contact Number?; Tel?",
    "id: No Handphone; Nomor Handphone; Handphone; Ponsel; No Ponsel; Nomor Ponsel; No Telepon?; Nomor Telepon?; "
    "Telepon?; Kontak?",
    "af de fr es: Selfoon; Selfoonnommer; Handy; Mobiltelefon; Téléphone portable; Teléfono móvil; Celular",
)
ADDRESSES: Final = titles(
    "en: Address; Installation Address; Street Address; Full Address; Service Address; Address Line 1?",
    "id de fr es: Alamat Pelanggan; Alamat Lengkap; Alamat Pemasangan; Alamat Pasang; Alamat Layanan; Adresse; "
    "Anschrift; Dirección; Straße?; Domicilio?",
)
STATUSES: Final = titles(
    "en id de fr es: Order Status; Order State; Current Status; Status Pesanan; Status Terakhir; Auftragsstatus; "
    "Bestellstatus; State?; Keadaan?; Statut?; Estado?",
)
PERSON_NUMBERS: Final = titles(
    "en: ID Nr; National ID; National ID Number; SA ID Number; RSA ID; Identification Number; "
    "Identity Document Number; ID?; Voter ID Number?; Voter ID?",
    "af zu xh: ID-nommer; Identiteitsnommer; Inombolo kamazisi; Inombolo yesazisi",
)
FIRST_NAMES: Final = titles(
    "en af zu xh: Given Name; Given Names; Forename; Christian Name; Christian Names; Full First Names; Voorname; "
    "Voornaam; Noemnaam; Amagama; Igama",
)
SURNAMES: Final = titles(
    "en af zu xh: Family Names; Isibongo; Ifani; Second Name?; Van?",
)
WARDS: Final = titles(
    "en af: Ward Code; Voting Ward; Municipal Ward; Wyk; Wyknommer",
)
