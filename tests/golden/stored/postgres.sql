CREATE TABLE products (
    tenant text NOT NULL,
    part_number text NOT NULL,
    description text,
    brand text,
    category text,
    price numeric,
    currency text,
    stock bigint,
    free_stock bigint,
    supplier text,
    updated date,
    active boolean,
    row_hash text DEFAULT ''::text NOT NULL,
    job_id text DEFAULT ''::text NOT NULL,
    valid_from timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE products_archive (
    tenant text NOT NULL,
    part_number text NOT NULL,
    description text,
    brand text,
    category text,
    price numeric,
    currency text,
    stock bigint,
    free_stock bigint,
    supplier text,
    updated date,
    active boolean,
    row_hash text NOT NULL,
    job_id text NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    superseded_by text NOT NULL
);
CREATE TABLE sluice_ledger (
    tenant text NOT NULL,
    job text NOT NULL,
    phase text NOT NULL,
    chunk integer NOT NULL,
    result jsonb,
    at timestamp with time zone DEFAULT now() NOT NULL
);
INSERT INTO products VALUES ('acme', 'K-9', 'Part 9 ä', NULL, NULL, 99, 'EUR', 9, 0, NULL, '2026-01-31', true, 'a4a62d5b9e02082fbd81a5f1886c7e7f', '01M8G5VS12FGNH6BJ8JVW1HYVH', '2026-11-28 04:15:54.19486+00');
INSERT INTO products VALUES ('acme', 'K-12', 'Part 12 ä', NULL, NULL, 12, 'EUR', 12, 0, NULL, '2026-01-31', true, '2b3cbec21ecc1ae7ff4a7d844074d6ba', '01M8G5VSCXW75MJH6YRQWMHAW2', '2026-11-28 04:15:54.610962+00');
INSERT INTO products VALUES ('acme', 'K-13', 'Part 13 ä', NULL, NULL, 13, 'EUR', 13, 0, NULL, '2026-01-31', true, '01d96e9f781b4edb5a7bfa610900b9d0', '01M8G5VV1RSYW8BD473T2CTJG2', '2026-11-28 04:15:56.437786+00');
INSERT INTO products VALUES ('acme', 'K-3', 'Part 3 ä', NULL, NULL, 300, 'EUR', 3, 0, NULL, '2026-01-31', true, 'edcd7db0a4fc7955c7446fe91096ea16', '01M8G5VV1RSYW8BD473T2CTJG2', '2026-11-28 04:15:56.438059+00');
INSERT INTO products VALUES ('acme', 'K-5', 'Part 5 ä', NULL, NULL, 500, 'EUR', 5, 0, NULL, '2026-01-31', true, 'd4d6ee9f401c5dee9c5c5d73dc7937f5', '01M8G5VV1RSYW8BD473T2CTJG2', '2026-11-28 04:15:56.438076+00');
INSERT INTO products VALUES ('acme', 'K-6', 'Part 6 ä', NULL, NULL, 6, 'EUR', 6, 0, NULL, '2026-01-31', true, '4bca7c782027861591f6cfd409e16b19', '01M8G5VVYACAKJZQ2325W3B5BG', '2026-11-28 04:15:57.408823+00');
INSERT INTO products VALUES ('acme', 'K-1', 'Part 1 ä', NULL, NULL, 1.5, 'EUR', 1, 0, NULL, '2026-01-31', true, '6852fc0dea1139e8531d14733cc6fc72', '01M8G5VVYACAKJZQ2325W3B5BG', '2026-11-28 04:15:57.409113+00');
INSERT INTO products VALUES ('acme', 'K-2', 'Part 2 ä', NULL, NULL, 200, 'EUR', 2, 0, NULL, '2026-01-31', true, 'c089250ffafe56e5b1a4187502e43ea4', '01M8G5VWKR647P4V4RBFX18TMX', '2026-11-28 04:15:58.123437+00');
INSERT INTO products VALUES ('acme', 'K-7', 'Part 7 ä', NULL, NULL, 70, 'EUR', 7, 0, NULL, '2026-01-31', true, 'bd163eea4018621ebbb33d734977c792', '01M8G5VWKR647P4V4RBFX18TMX', '2026-11-28 04:15:58.123458+00');
INSERT INTO products VALUES ('acme', 'K-8', 'Part 8 ä', NULL, NULL, 8, 'EUR', 8, 0, NULL, '2026-01-31', true, 'd01033b8ba183c4f57bab5de24a2dc55', '01M8G5VXNFT189YYNHTJTNBN4M', '2026-11-28 04:15:59.255324+00');
INSERT INTO products VALUES ('acme', 'K-4', 'Part 4 ä', NULL, NULL, 40, 'EUR', 4, 0, NULL, '2026-01-31', true, '15a8b16a0edc968bb1a36230a6949c70', '01M8G5VXNFT189YYNHTJTNBN4M', '2026-11-28 04:15:59.255631+00');
INSERT INTO products_archive VALUES ('acme', 'K-9', 'Part 9 ä', NULL, NULL, 9, 'EUR', 9, 0, NULL, '2026-01-31', true, '6732ed9b6d1481491193dc5b9c2b37df', '01M8G5VQZCFTHFGPCJ5M1BJBHT', '2026-11-28 04:15:53.82728+00', '2026-11-28 04:15:54.19486+00', '01M8G5VS12FGNH6BJ8JVW1HYVH');
INSERT INTO products_archive VALUES ('acme', 'K-12', 'Part 12 ä', NULL, NULL, 2000, 'EUR', 12, 0, NULL, '2026-01-31', true, '55d3d5dfff6bebcd5abdc0fad5a256bc', '01M8G5VQGKJNBYQVFC1722P0BR', '2026-11-28 04:15:52.747064+00', '2026-11-28 04:15:54.610962+00', '01M8G5VSCXW75MJH6YRQWMHAW2');
INSERT INTO products_archive VALUES ('acme', 'K-3', 'Part 3 ä', NULL, NULL, 3, 'EUR', 3, 0, NULL, '2026-01-31', true, '85de23079820812945ed3fab8ebb6a3c', '01M8G5VQGKJNBYQVFC1722P0BR', '2026-11-28 04:15:52.747076+00', '2026-11-28 04:15:55.838836+00', '01M8G5VTFN98RCPDPP9G76QC51');
INSERT INTO products_archive VALUES ('acme', 'K-3', 'Part 3 ä', NULL, NULL, 33, 'EUR', 3, 0, NULL, '2026-01-31', true, '3d67c4c59b8e755c61adbd9b706b9f5c', '01M8G5VTFN98RCPDPP9G76QC51', '2026-11-28 04:15:55.838836+00', '2026-11-28 04:15:56.438059+00', '01M8G5VV1RSYW8BD473T2CTJG2');
INSERT INTO products_archive VALUES ('acme', 'K-5', 'Part 5 ä', NULL, NULL, 5, 'EUR', 5, 0, NULL, '2026-01-31', true, '9f05e87aa8fa512fcdff115bfa2613d4', '01M8G5VQGKJNBYQVFC1722P0BR', '2026-11-28 04:15:52.747084+00', '2026-11-28 04:15:56.438076+00', '01M8G5VV1RSYW8BD473T2CTJG2');
INSERT INTO products_archive VALUES ('acme', 'K-1', 'Part 1 ä', NULL, NULL, 1, 'EUR', 1, 0, NULL, '2026-01-31', true, '50a1b1e38877421ee73dde3955ee87ef', '01M8G5VQGKJNBYQVFC1722P0BR', '2026-11-28 04:15:52.746967+00', '2026-11-28 04:15:57.409113+00', '01M8G5VVYACAKJZQ2325W3B5BG');
INSERT INTO products_archive VALUES ('acme', 'K-2', 'Part 2 ä', NULL, NULL, 2, 'EUR', 2, 0, NULL, '2026-01-31', true, '7d60a425d778c4ef96ed0a24c37cdbfa', '01M8G5VQGKJNBYQVFC1722P0BR', '2026-11-28 04:15:52.747072+00', '2026-11-28 04:15:57.409136+00', '01M8G5VVYACAKJZQ2325W3B5BG');
INSERT INTO products_archive VALUES ('acme', 'K-2', 'Part 2 ä', NULL, NULL, 20, 'EUR', 2, 0, NULL, '2026-01-31', true, 'ba91fa561d8c5b97cc933e046ab5d405', '01M8G5VVYACAKJZQ2325W3B5BG', '2026-11-28 04:15:57.409136+00', '2026-11-28 04:15:58.123437+00', '01M8G5VWKR647P4V4RBFX18TMX');
INSERT INTO products_archive VALUES ('acme', 'K-7', 'Part 7 ä', NULL, NULL, 7, 'EUR', 7, 0, NULL, '2026-01-31', true, 'c303cb9f93e98c21fd8a150b9726f8ab', '01M8G5VVYACAKJZQ2325W3B5BG', '2026-11-28 04:15:57.40885+00', '2026-11-28 04:15:58.123458+00', '01M8G5VWKR647P4V4RBFX18TMX');
INSERT INTO products_archive VALUES ('acme', 'K-4', 'Part 4 ä', NULL, NULL, 4.5, 'EUR', 4, 0, NULL, '2026-01-31', true, '3199b2c1d5131bf718d81c235cc2c796', '01M8G5VQGKJNBYQVFC1722P0BR', '2026-11-28 04:15:52.74708+00', '2026-11-28 04:15:59.255631+00', '01M8G5VXNFT189YYNHTJTNBN4M');
INSERT INTO sluice_ledger VALUES ('acme', '01M8G5VQGKJNBYQVFC1722P0BR', 'load', 0, '{"updated": 0, "inserted": 6, "refusals": [], "unchanged": 0}', '2026-11-28 04:15:52.737414+00');
INSERT INTO sluice_ledger VALUES ('acme', '01M8G5VQZCFTHFGPCJ5M1BJBHT', 'load', 0, '{"updated": 0, "inserted": 2, "refusals": [], "unchanged": 0}', '2026-11-28 04:15:53.821827+00');
INSERT INTO sluice_ledger VALUES ('acme', '01M8G5VS12FGNH6BJ8JVW1HYVH', 'load', 0, '{"updated": 1, "inserted": 0, "refusals": [], "unchanged": 0}', '2026-11-28 04:15:54.189219+00');
INSERT INTO sluice_ledger VALUES ('acme', '01M8G5VSCXW75MJH6YRQWMHAW2', 'load', 0, '{"updated": 1, "inserted": 0, "refusals": [], "unchanged": 1}', '2026-11-28 04:15:54.605227+00');
INSERT INTO sluice_ledger VALUES ('acme', '01M8G5VQZCFTHFGPCJ5M1BJBHT', 'undo', 0, '{"kept": [{"key": "K-9", "job_id": "01M8G5VS12FGNH6BJ8JVW1HYVH", "reason": "was changed since by another job"}], "failed": [], "reversed": 1}', '2026-11-28 04:15:54.811667+00');
INSERT INTO sluice_ledger VALUES ('acme', '01M8G5VSCXW75MJH6YRQWMHAW2', 'undo', 0, '{"kept": [], "failed": [{"key": "K-12", "job_id": "01M8G5VSCXW75MJH6YRQWMHAW2", "reason": "cannot be put back, for it is not allowed by the database''s rule ''price_is_fair''"}], "reversed": 0}', '2026-11-28 04:15:55.030382+00');
INSERT INTO sluice_ledger VALUES ('acme', '01M8G5VTFN98RCPDPP9G76QC51', 'load', 0, '{"updated": 1, "inserted": 0, "refusals": [], "unchanged": 0}', '2026-11-28 04:15:55.832223+00');
INSERT INTO sluice_ledger VALUES ('acme', '01M8G5VV1RSYW8BD473T2CTJG2', 'load', 0, '{"updated": 2, "inserted": 1, "refusals": [], "unchanged": 0}', '2026-11-28 04:15:56.431137+00');
INSERT INTO sluice_ledger VALUES ('acme', '01M8G5VVYACAKJZQ2325W3B5BG', 'load', 0, '{"updated": 2, "inserted": 2, "refusals": [], "unchanged": 1}', '2026-11-28 04:15:57.402104+00');
INSERT INTO sluice_ledger VALUES ('acme', '01M8G5VWKR647P4V4RBFX18TMX', 'load', 0, '{"updated": 2, "inserted": 0, "refusals": [], "unchanged": 0}', '2026-11-28 04:15:58.116807+00');
INSERT INTO sluice_ledger VALUES ('acme', '01M8G5VXNFT189YYNHTJTNBN4M', 'load', 0, '{"updated": 1, "inserted": 1, "refusals": [{"row": 4, "sheet": "", "value": "5000", "column": "Price", "reason": "is not allowed by the database''s rule ''price_is_fair''"}], "unchanged": 0}', '2026-11-28 04:15:59.248084+00');
ALTER TABLE products
    ADD CONSTRAINT price_is_fair CHECK ((price < (1000)::numeric)) NOT VALID;
ALTER TABLE ONLY products_archive
    ADD CONSTRAINT products_archive_pkey PRIMARY KEY (tenant, part_number, superseded_by);
ALTER TABLE ONLY products
    ADD CONSTRAINT products_pkey PRIMARY KEY (tenant, part_number);
ALTER TABLE ONLY sluice_ledger
    ADD CONSTRAINT sluice_ledger_pkey PRIMARY KEY (tenant, job, phase, chunk);
