"""Words for what is stored as code and parameters: problems, rejections, rows left by a rollback, progress.

A job, a rejection or a journal never holds a sentence, so that a sentence can be corrected, or read in another
language, long after it was stored. The edges (API, workbooks, notes of a job's log) call these functions.

Each language is one module (or package) in here with a `Catalogue` named ``CATALOGUE``; it is found by being there.
What a language does not say is said in English.

An importer of the catalogue words its own rules: a ``ValueError`` of its validators is stored as ``custom`` with the
sentence itself. A rule that is to be read in several languages raises ``PydanticCustomError`` with a type of its own,
as in ``PydanticCustomError("wrong-branch", "is not a branch of region {region}", {"region": region})``: that type is
stored as the code, its context as the parameters beside the sentence, and a language that has ``wrong-branch`` among
its reasons says it its own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from sluice.model.errors import Problem
from sluice.model.job import Job
from sluice.model.rejection import Rejection
from sluice.wording.catalogue import Catalogue, Sentence

ENGLISH: Final = "en"
# Our own codes of reasons with the parameter ``text``; with any other code it is a sentence of an importer.
_CODES_WITH_TEXT: Final = frozenset({"database-trigger"})


def word_problem(problem: Problem, language: str = ENGLISH) -> tuple[str, str]:
    """Word a problem.

    Parameters
    ----------
    problem
        As it was raised or stored.
    language
        Code of the language (RFC 5646), such as ``en``.

    Returns
    -------
    tuple of str
        Its title, the same for every problem of the type, and its detail: what was found, and what to do.
    """
    if "stored" in problem.params:  # of a version that stored the sentences
        return problem.params["stored"]["title"], problem.params["stored"]["detail"]
    title = _find("titles", problem.type, language)
    return _say(title, problem.type, {}, language), word_detail(problem, language)


def word_detail(problem: Problem, language: str = ENGLISH) -> str:
    """Word the detail of a problem alone."""
    if "stored" in problem.params:
        return str(problem.params["stored"]["detail"])
    return _say(_find("details", problem.code, language), problem.code, problem.params, language)


def word_type(type: str, language: str = ENGLISH) -> tuple[str, str] | None:
    """Return the title of a type of problem and when it occurs, in Markdown; ``None`` for one that there is not."""
    title, meaning = (_find(part, type, language) for part in ("titles", "meanings"))
    return None if meaning is None else (str(title), str(meaning))


def word_rejection(rejection: Rejection, language: str = ENGLISH) -> str:
    """Word why a cell makes its row unusable; finishes the sentence "this value …"."""
    return word_reason(rejection.code, rejection.params, language)


def word_reason(code: str, params: Mapping[str, Any], language: str = ENGLISH) -> str:
    """Word a reason: of a rejection, of a row that a rollback left, or of a category that a lookup found.

    Parameters
    ----------
    code, params
        As stored. A sentence of an importer's own is the parameter ``text``, and is given as it is where the language
        does not know the code.
    language
        Code of the language (RFC 5646).
    """
    sentence = _find("reasons", code, language)
    # the type of an importer's own error may be one of our codes, whose sentences have other parameters
    collides = code in CATALOGUES[ENGLISH].reasons and code not in _CODES_WITH_TEXT
    if "text" in params and (sentence is None or collides):
        return str(params["text"])
    return _say(sentence, code, params, language)


def word_progress(job: Job, code: str, language: str = ENGLISH, *, since: datetime | None = None) -> str:
    """Word the progress of a job; ``code`` is that of its `Progress`, ``since`` when its wait for a worker began."""
    if code == "suspended" and job.suspended:
        return word_detail(job.suspended, language)
    if code == "failed" and job.problem:
        return word_problem(job.problem, language)[0]
    params = {"counts": job.counts, "waits_for": job.waits_for, "since": since}
    return _say(_find("progress", code, language), code, params, language)


def word_question(kind: str, params: Mapping[str, Any], language: str = ENGLISH) -> str:
    """Word a question by its kind."""
    return _say(_find("questions", kind, language), kind, params, language)


def word_effect(code: str, params: Mapping[str, Any], language: str = ENGLISH) -> str:
    """Word what a choice of a question would do."""
    return _say(_find("effects", code, language), code, params, language)


def word_note(code: str, params: Mapping[str, Any], language: str = ENGLISH) -> str:
    """Word what a reader of a job may not see of its workbook."""
    return _say(_find("notes", code, language), code, params, language)


def _find(part: str, code: str, language: str) -> Sentence | None:
    for each in (language, ENGLISH):
        known: Mapping[str, Sentence] = getattr(CATALOGUES[each], part) if each in CATALOGUES else {}
        if code in known:
            return known[code]
    return None


def _say(sentence: Sentence | None, code: str, params: Mapping[str, Any], language: str) -> str:
    """Fill a sentence in; a code without one, of a newer version, stands for itself."""
    if sentence is None:
        return code
    params = {name: _spoken(value, language) for name, value in params.items()}
    return sentence.format_map(params) if isinstance(sentence, str) else sentence(params)


def _spoken(value: Any, language: str) -> Any:
    """Word what is itself stored as code and parameters: a problem or a reason within another."""
    match value:
        case {"type": str(type), "params": dict(params)}:
            return word_detail(Problem(type, params), language)
        case {"code": str(code), "params": dict(params)}:
            return word_reason(code, params, language)
        case list():
            return [_spoken(each, language) for each in value]
        case dict():
            return {name: _spoken(each, language) for name, each in value.items()}
        case _:
            return value


def _catalogues() -> dict[str, Catalogue]:
    """Import every language that has a module here."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    found = (module.CATALOGUE for module in modules if hasattr(module, "CATALOGUE"))
    return {catalogue.language: catalogue for catalogue in found}


#: By the code of the language.
CATALOGUES: Final = _catalogues()
