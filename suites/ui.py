"""Every page in a real browser: it loads, it shows everything, it reports no error."""

from __future__ import annotations

from ..subjects import VisitedPage


def page_load(page_visit: VisitedPage) -> None:
    """The page answers and Gradio draws it."""
    page_visit.expect_none("ui.page-load")


def console_error(page_visit: VisitedPage) -> None:
    """No script of the page throws or logs an error."""
    page_visit.expect_none("ui.console-error")


def missing_resource(page_visit: VisitedPage) -> None:
    """Everything the page asks the app for is there."""
    page_visit.expect_none("ui.missing-resource")


def render(page_visit: VisitedPage) -> None:
    """Every visible component is drawn."""
    page_visit.expect_none("ui.render")
