"""What callers send."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

#: A header; bounded, for a job keeps its mapping, and DynamoDB takes 400 KB.
Header = Annotated[str, Field(min_length=1, max_length=200)]


class ImportBody(BaseModel):
    """Body of ``POST /v1/imports``."""

    model_config = ConfigDict(extra="forbid")

    importer: str = Field(description="Name of the importer.", examples=["products"])
    filename: str = Field(min_length=1, max_length=1024, examples=["products.xlsx"])
    bytes: int = Field(ge=0, description="Size of the file.", examples=[41542753])
    mapping: dict[Header, Header] | None = Field(
        default=None,
        max_length=500,
        description="Headers of the file, each with the field or column title it stands for.",
    )
    priority: Literal["standard", "urgent"] = "standard"
