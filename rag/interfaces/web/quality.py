"""How well it answers, in the page: the owner writes questions beside passages, and sees what they measure.

Only who may have the documents read again may do that: on loopback, or behind a password.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from rag.errors import SettingsError, UnknownDocument
from rag.interfaces.web.jobs import Job, State
from rag.interfaces.web.pages import render
from rag.interfaces.web.service import Service
from rag.protocols import OnProgress
from rag.quality import own, plots, suggest
from rag.quality.kept import NotKept
from rag.quality.metrics import Cut, at_threshold, calibration_error, reliability, risk_coverage
from rag.quality.report import Figure, Report, Run, suggested

DRAWN = 5
"""Passages shown at once."""
KEEPER = "Whoever keeps this server keeps its questions, too: ask them."
Seed = Annotated[int, Query(ge=0, le=1_000_000_000)]
"""What passages are drawn by."""
_STEPS = tuple(step / 10 for step in range(1, 10))


class Written(BaseModel):
    """A question, written about the passage at ``start`` to ``end`` of a document."""

    document: str = Field(max_length=4_096)
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    question: str = Field(max_length=100_000)
    answer: str | None = Field(max_length=100_000)
    """Words of the passage; None where no document answers."""


def measuring(service: Service, file: Path) -> Job[Report]:
    """Return the work of asking the index the questions of a file."""

    def measure(tell: OnProgress) -> Report:
        return own.evaluate(file, Run(Path(), service.settings, service.library.models, report=tell))

    return Job(
        measure,
        name="measure",
        busy="The questions are being asked already.",
        broken="The questions could not be asked",
    )


def measured(state: State[Report] | None) -> Mapping[str, Any]:
    """Return what ``measured.html`` shows: figures, tables and curves of a measurement, or how far it is."""
    report = state.result if state else None
    shown: dict[str, Any] = {"state": state, "report": report, "share": _share, "missing": plots.MISSING}
    if report is not None:
        shown |= {
            "cuts": cuts(report),
            "bins": reliability(report.judged),
            "words": described(report),
            "suggested": suggested(report),
            "installed": plots.installed(),
        }
    return shown


def cuts(report: Report) -> tuple[Cut, ...]:
    """Return what thresholds are worth: every tenth, the one in force, and the one suggested."""
    named = {round(value, 4) for value in (report.threshold, suggested(report)) if value is not None}
    return tuple(at_threshold(report.judged, threshold) for threshold in sorted({*_STEPS, *named}))


def described(report: Report) -> Mapping[str, str]:
    """Return in words what each picture shows, for those who do not see it."""
    judged, curve = report.judged, risk_coverage(report.judged)
    now = at_threshold(judged, report.threshold or 0.0)
    half = next(risk for _, coverage, risk in curve if coverage >= 0.5)
    bins = "; ".join(
        f"{_share(said)} sure, {_share(right)} right ({size})" for said, right, size in reliability(judged)
    )
    return {
        "thresholds": f"From a confidence of {now.threshold:.2f} on {_share(now.answered)} of the questions are "
        f"answered, {_share(now.right)} of the answers are right, and of the questions without an answer "
        f"{_share(now.refused)} are refused.",
        "risk-coverage": f"Of the surer half of the questions {_share(half)} would be answered wrongly, "
        f"of all {_share(curve[-1][2])}.",
        "reliability": f"The calibration error is {calibration_error(judged):.3f}. By how sure the program was, "
        f"in brackets the number of questions: {bins}.",
    }


def _share(value: float) -> str:
    return Figure("", value).shown


def routes(service: Service, file: Path, *, may_change: bool) -> APIRouter:
    """Return the page and what its script sends and fetches; ``file`` is where questions are kept."""

    def owner() -> None:
        if not may_change:
            raise HTTPException(403, KEEPER)

    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, dependencies=[Depends(owner)])
    job = measuring(service, file)

    def drawn(seed: int) -> Mapping[str, Any]:
        passages = suggest.draw(service.library, DRAWN, seed=seed)
        return {"passages": passages, "seed": seed, "most": service.settings.question_characters}

    def kept() -> tuple[str, bool]:
        """Say how many questions there are, or what is wrong with their file, and whether they can be asked."""
        try:
            asked = own.kept(file)
        except SettingsError as error:
            return str(error), False
        return own.state(asked), bool(asked)

    @router.get("/quality")
    def page(seed: Seed = 0) -> str:
        said, askable = kept()
        parts = {**drawn(seed), **measured(job.state)}
        return render("quality.html", name=service.settings.name, file=file, said=said, askable=askable, **parts)

    @router.get("/own/questions")
    def others(seed: Seed = 0) -> str:
        return render("passages.html", **drawn(seed))

    @router.post("/own/questions", status_code=201)
    def keep(written: Written) -> str:
        library = service.library
        found = (
            one for one in library.passages_of(written.document) if (one.start, one.end) == (written.start, written.end)
        )
        if (passage := next(found, None)) is None:
            raise UnknownDocument("The document has no such passage any more: load the page again.")
        most = service.settings.question_characters
        try:
            own.keep(file, written.question, written.answer, passage=library.quote(passage), characters=most)
        except SettingsError as error:
            raise NotKept(str(error)) from error
        return render("said.html", words=kept()[0])

    @router.get("/own/questions.jsonl")
    def download() -> Response:
        if not file.is_file():
            raise UnknownDocument("No question is kept yet.")
        headers = {"Content-Disposition": f'attachment; filename="{own.NAME}"', "Cache-Control": "no-store"}
        return Response(file.read_bytes(), media_type="application/jsonl", headers=headers)

    @router.get("/own/quality")
    def state() -> str:
        return render("measured.html", **measured(job.state))

    @router.post("/own/quality", status_code=202)
    def measure() -> str:
        job.begin()
        return render("measured.html", **measured(job.state))

    @router.get("/own/quality/{name}.svg")
    def picture(name: str) -> Response:
        if name not in plots.PLOTS:
            raise UnknownDocument(f"There is no picture {name!r}: there are {', '.join(plots.PLOTS)}.")
        if job.state is None or job.state.result is None:
            raise UnknownDocument("Nothing has been measured since the server was started.")
        drawn = plots.svg(job.state.result, name)
        return Response(drawn, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})

    return router
