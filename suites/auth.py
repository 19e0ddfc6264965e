"""Who gets in, and whose data they get; what is open though a login seems to guard it."""

from __future__ import annotations

from ..subjects import Identified, Judged


def route(guarded: Identified) -> None:
    """No route is open that the login seems to guard."""
    guarded.expect_none("auth.route")


def anothers_data(guarded: Identified) -> None:
    """Nobody gets another user's data by their name, or by a number."""
    guarded.expect_none("auth.anothers-data")


def session(guarded: Identified) -> None:
    """A session is its user's, and ends when that one logs out."""
    guarded.expect_none("auth.session")


def login(guarded: Identified) -> None:
    """Nobody gets in without a name and its password."""
    guarded.expect_none("auth.login")


def enumeration(guarded: Identified) -> None:
    """The login does not tell who is a user."""
    guarded.expect_none("auth.enumeration")


def origin(asked: Identified) -> None:
    """No page of another site reads the app's answers as the user who looks at it."""
    asked.expect_none("auth.origin")


def redirect(asked: Identified) -> None:
    """No link into the app leads to another site."""
    asked.expect_none("auth.redirect")


def tells(exploration: Judged) -> None:
    """No answer and no error shows a secret, or the app's inside."""
    exploration.expect_none("auth.tells")
