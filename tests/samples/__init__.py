"""Files as people really send them, for every importer: clean ones and ugly ones, and what must become of them."""

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
