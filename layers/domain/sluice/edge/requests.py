"""What callers send."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ImportBody(BaseModel):
    """Body of ``POST /v1/imports``."""

    model_config = ConfigDict(extra="forbid")

    importer: str = Field(description="Name of the importer.", examples=["products"])
    filename: str = Field(min_length=1, max_length=1024, examples=["products.xlsx"])
    bytes: int = Field(ge=0, description="Size of the file.", examples=[41542753])
    mapping: dict[str, str] | None = Field(
        default=None, description="Headers of the file, each with the field or column title it stands for."
    )
    priority: Literal["standard", "urgent"] = "standard"
