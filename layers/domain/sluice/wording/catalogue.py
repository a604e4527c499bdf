"""The sentences of one language, by what they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Params = Mapping[str, Any]
#: A template for `str.format_map` with the parameters, or a function of them where no template can say it.
Sentence = str | Callable[[Params], str]


@dataclass(frozen=True)
class Catalogue:
    """A language.

    Parameters
    ----------
    language
        Its code (RFC 5646), such as ``en``.
    titles
        Of problems, by type.
    meanings
        When each type of problem occurs, in Markdown, by type.
    details
        Of problems, by ``type`` or ``type/case``.
    reasons
        Of rejected rows, of rows that a rollback left and of lookups, by code. Each finishes the sentence "this
        value …" or "this row …".
    progress
        Of jobs, by the code of `sluice.model.job.Progress`; the parameter is ``counts``.
    questions
        About decisions that a file leaves open, by kind.
    effects
        Of the choices of questions, by code.
    notes
        About the workbook of a job, by code.
    """

    language: str
    titles: Mapping[str, Sentence]
    meanings: Mapping[str, str]
    details: Mapping[str, Sentence]
    reasons: Mapping[str, Sentence]
    progress: Mapping[str, Sentence]
    questions: Mapping[str, Sentence] = field(default_factory=dict)
    effects: Mapping[str, Sentence] = field(default_factory=dict)
    notes: Mapping[str, Sentence] = field(default_factory=dict)


def with_forms(template: str, **forms: Callable[[Any], str]) -> Sentence:
    """Build a sentence whose template shows some parameters in a form of their own, such as a list as text."""
    return lambda params: template.format_map({**params, **{name: form(params[name]) for name, form in forms.items()}})
