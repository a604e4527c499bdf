"""The faults of the clients: the pages, the elements, the command line."""

from __future__ import annotations

from typing import Final

from tests.planted.fault import Fault

CLIENT_FAULTS: Final = (
    # ------------------------------------------------------------------ screens say what is true
    Fault(
        name="review-counted-as-work",
        breaks="The time in which a person reads a review is part of the duration of the load.",
        file="layers/domain/sluice/usecases/views.py",
        old="case Status.LOADING:",
        new="case Status.LOADING | Status.IN_REVIEW:",
        tests=("tests/integration/api/test_timeline.py",),
    ),
    Fault(
        name="rejected-file-looks-loaded",
        breaks="A file whose rows were all rejected is shown as loaded.",
        file="web/shared/outcomes.js",
        old="if (!delivered(counts))",
        new="if (!delivered(counts) && !counts.rejected)",
        tests=("tests/unit/test_web_outcomes.py",),
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
