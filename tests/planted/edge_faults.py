"""Faults at the edges: the API, pages of other products, a terminal."""

from __future__ import annotations

from typing import Final

from tests.planted.fault import Fault

EDGE_FAULTS: Final = (
    # ------------------------------------------------------------------ the API
    Fault(
        name="form-cut-off",
        breaks="A form without its end is read, and its file may lack rows.",
        file="functions/api/forms.py",
        old="        with PushMultipartParser(boundary, max_segment_count=_MOST_PARTS, strict=True) as parser:",
        new="        parser = PushMultipartParser(boundary, max_segment_count=_MOST_PARTS)\n        if parser:",
        tests=("tests/unit/test_forms.py",),
    ),
    Fault(
        name="lost-bytes-taken",
        breaks="A body of which a gateway lost bytes is imported.",
        file="functions/api/forms.py",
        old='if "\\ufffd" in text:',
        new="if text is None:",
        tests=("tests/unit/test_forms.py",),
    ),
    Fault(
        name="cursor-of-any-list",
        breaks="A cursor of another list or tenant leads somewhere in this one.",
        file="functions/api/parameters.py",
        old="if not separator or name != _list(router):",
        new="if not separator:",
        tests=("tests/integration/api/test_problems.py",),
    ),
    Fault(
        name="table-taken-for-json",
        breaks="A table whose first header begins with a bracket is rejected as JSON.",
        file="layers/domain/sluice/reading/detect.py",
        old="        return cut_off and in_the_last_token",
        new="        return True or in_the_last_token",
        tests=("tests/unit/reading/test_detect_kinds.py",),
    ),
    # ------------------------------------------------------------------ pages of other products
    Fault(
        name="object-set-as-text",
        breaks="An object that a framework gives to an element becomes the text [object Object].",
        file="web/elements/attributes.js",
        old='if (kind !== "object" || typeof value === "string")',
        new="if (kind)",
        tests=("tests/unit/test_web_units.py",),
    ),
    Fault(
        name="followed-for-ever",
        breaks="A page follows a job for ever on a connection that stays lost, and hears of no error.",
        file="web/shared/events.js",
        old="Date.now() - lostAt < LOST_TIMEOUT",
        new="lostAt",
        tests=("tests/unit/test_web_units.py",),
    ),
    # ------------------------------------------------------------------ a terminal
    Fault(
        name="forged-sign-in",
        breaks="Any page of the browser can end a sign-in of the command line with a code of its own.",
        file="cli/sluice_cli/oidc.py",
        old='hmac.compare_digest(reply.get("state", "").encode(), state.encode())',
        new="True",
        tests=("tests/unit/cli/test_oidc.py",),
    ),
    Fault(
        name="refreshed-twice",
        breaks="Two commands exchange the same refresh token, and the issuer ends the session.",
        file="cli/sluice_cli/connection.py",
        old="if profile.access_token != old.access_token and profile.access_token is not None:",
        new="if False:",
        tests=("tests/unit/cli/test_account.py",),
    ),
    Fault(
        name="importer-guessed",
        breaks="A file goes to an importer that does not know all of its headers, without a word.",
        file="cli/sluice_cli/headers.py",
        old="self.matched > 0 and not self.missing and not self.unmatched",
        new="self.matched > 0 and not self.missing",
        tests=("tests/unit/cli/test_headers.py", "tests/unit/cli/test_imports.py"),
    ),
    Fault(
        name="review-ends-in-0",
        breaks="A script goes on as if rows were loaded that wait for a review.",
        file="cli/sluice_cli/waiting.py",
        old='return WAITS if job["status"] in {"in_review", "paused"} else FAILED',
        new='return 0 if job["status"] in {"in_review", "paused"} else FAILED',
        tests=("tests/unit/cli/test_commands.py", "tests/unit/cli/test_imports.py"),
    ),
)
