"""Clean and ugly files of every importer, as users send them, with the records and rejections they must become."""

from __future__ import annotations

from tests.samples import datin, dealers, hsi, jt, products, sos, voters
from tests.samples.sample import Sample

__all__ = ["SAMPLES", "Sample"]

SAMPLES: tuple[Sample, ...] = (
    *products.SAMPLES,
    *dealers.SAMPLES,
    *sos.SAMPLES,
    *hsi.SAMPLES,
    *jt.SAMPLES,
    *datin.SAMPLES,
    *voters.SAMPLES,
)
