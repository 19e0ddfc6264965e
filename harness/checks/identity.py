"""Who gets in, and what those get who did not, or who are somebody else."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace

from ..finding import Finding, Severity
from . import Check

__all__ = [
    "CHECKS",
    "Admitted",
    "ByDesign",
    "Crossed",
    "Failed",
    "Kept",
    "Obtained",
    "Paced",
    "Reached",
    "Sent",
    "Spoken",
    "Spoofed",
    "Unlimited",
]

#: What a login that admits such a pair does wrong, and how grave that is.
MISTAKES: dict[str, tuple[str, Severity]] = {
    "anybody": ("The login admits anybody, with any password", Severity.ERROR),
    "same": ("The login admits whoever gives the same text as name and password", Severity.ERROR),
    "password": ("The login admits a user with any password", Severity.ERROR),
    "empty": ("The login admits a user without a password", Severity.ERROR),
    "case": ("The login admits a password in other case", Severity.ERROR),
    "part": ("The login admits a part of the password", Severity.ERROR),
    "more": ("The login admits a password with more text around it", Severity.ERROR),
    "spaces": ("The login admits a password between blanks", Severity.WARNING),
    "form": ("The login admits a password in other characters that look alike", Severity.WARNING),
    "swapped": ("The login admits a user with another user's password", Severity.ERROR),
    "injection": ("The login admits SQL in place of a name or a password", Severity.ERROR),
    "any name": ("The login admits any name with a user's password", Severity.WARNING),
    "part of name": ("The login admits a part of a user's name", Severity.ERROR),
    "more of name": ("The login admits a user's name with more text around it", Severity.ERROR),
    "name case": ("The login admits a user's name in other case", Severity.INFO),
    "name form": ("The login admits a name that only looks like a user's", Severity.WARNING),
    "backdoor": ("The login admits a text of the app's source as password", Severity.ERROR),
    "refused": ("The login admits, spelt otherwise, a name that it refuses", Severity.ERROR),
}
#: What an author has to know of a name that is spelt otherwise.
SPELT = "The app then knows this visitor by the name as typed: `request.username` is another."

#: So much longer a refusal takes of one name than of another, in seconds and as a share, and in
#: so many of the rounds, before time tells who is a user.
LEAST_SECONDS, LEAST_SHARE, MOST_ROUNDS = 0.004, 0.25, 0.85


@dataclass(frozen=True, slots=True)
class Admitted:
    """A pair that the login let in, twice: a *kind* of mistake, and the pair in *words*."""

    kind: str
    words: str
    location: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A pair at which the login failed, by which HTTP *status* and, where known, exception."""

    words: str
    status: int
    exception: str = ""
    traceback: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the login says of a user and of somebody unknown, each time, names left out."""

    user: str
    stranger: str
    location: str = ""


@dataclass(frozen=True, slots=True)
class Paced:
    """Seconds in which the login refused a user and somebody unknown, in turns."""

    user: tuple[float, ...]
    stranger: tuple[float, ...]
    location: str = ""


@dataclass(frozen=True, slots=True)
class Unlimited:
    """A login that still let a user in after so many wrong *attempts*, one after the other."""

    attempts: int
    location: str = ""


@dataclass(frozen=True, slots=True)
class ByDesign:
    """What Gradio itself answers without a login: *routes*, by why it does."""

    routes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """A route that answered *who*, who should not be let in, or for whom it may not be meant.

    *label* is its method and path; *owner* the author's or Gradio's. *shows* says what of users the
    answer had, "" if nothing. *changes* is true where it was asked to change something, *public*
    where its name says that it is for everybody.
    """

    label: str
    owner: str
    who: str
    status: int
    shows: str = ""
    changes: bool = False
    public: bool = False
    location: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A session that goes on after its user has logged out, or whose cookie is not kept well.

    *routes* still answer its cookie; *signed* where the cookie itself holds the session. *cookie*
    and *lacks* name a cookie that lets a user in, and what it was set without.
    """

    routes: tuple[str, ...] = ()
    signed: bool = False
    cookie: str = ""
    lacks: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Spoofed:
    """A *place* of a request (a header, a cookie, a query) called *name* that makes one a user."""

    place: str
    name: str
    location: str = ""


@dataclass(frozen=True, slots=True)
class Obtained:
    """What *who* got of another user's by *what* (the name, a number), of an event or a route.

    *surely* says that the other one had sent it; else it was there already, the same whoever
    asks, and other for each user. *named* where the field is called as users' names are.
    """

    label: str
    who: str
    field: str
    what: str
    value: str
    surely: bool = True
    named: bool = True
    event: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Crossed:
    """A foreign *origin* that the route *label* lets read its answers, with the user's cookies."""

    label: str
    origin: str
    kind: str
    login: bool
    location: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A route that sends a visitor to another site, because *name* of its address says so."""

    label: str
    name: str
    value: str
    target: str
    location: str = ""


def login(seen: Admitted | Failed | Unlimited) -> list[Finding]:
    """The login admits a pair of name and password that is nobody's, or fails on one.

    Why: everything else in the app trusts it. Such pairs are made of those that it
    admits: parts of them, other case, another user's password, SQL, texts of the
    source. Each that is admitted was admitted twice, and the app's page opened with it.

    Mend: look the name up exactly as given, compare the whole password with
    `secrets.compare_digest`, pass values to SQL as parameters, and return False for everything
    that is not known, without raising.

    Silence: `--app-ignore auth.login`. That a name is admitted in other case is information, and
    that wrong passwords may be tried without end: Gradio has no limit.
    """
    if isinstance(seen, Unlimited):
        title = "The login has no limit of attempts"
        words = f"{seen.attempts} wrong ones, one after the other; a user was let in after them"
        found = _finding("auth.login", Severity.INFO, title, words, seen.location)
        return [_with(found, exception="unlimited")]
    if isinstance(seen, Failed):
        title = f"The login fails with HTTP {seen.status}" + (
            f": {seen.exception}" if seen.exception else ""
        )
        found = _finding("auth.login", Severity.ERROR, title, seen.words, seen.location)
        return [_with(found, exception=seen.exception, traceback=seen.traceback)]
    title, severity = MISTAKES[seen.kind]
    detail = SPELT if seen.kind.startswith("name ") else ""
    found = _finding("auth.login", severity, title, seen.words, seen.location, detail)
    return [_with(found, exception=seen.kind)]


def enumeration(seen: Spoken | Paced) -> list[Finding]:
    """The login tells, by its words or its time, who is a user and who is not.

    Why: who knows the names needs only the passwords. The same wrong password was
    tried with a user's name and with one of the same length that is nobody's, in turns, many
    times; time counts only where nearly every round says the same, and again with another name.

    Mend: say the same of both, and do the same work for both: check the password of a
    made-up user where there is none.

    Silence: `--app-ignore auth.enumeration`; it is a warning.
    """
    if isinstance(seen, Spoken):
        title = "The login tells by its words who is a user"
        words = f"a user's name, a wrong password: {seen.user}\na made-up name: {seen.stranger}"
        return [_finding("auth.enumeration", Severity.WARNING, title, words, seen.location)]
    user, stranger = (statistics.median(seconds) for seconds in (seen.user, seen.stranger))
    apart = [a - b for a, b in zip(seen.user, seen.stranger, strict=True)]
    middle = statistics.median(apart)
    same = sum((a > 0) == (middle > 0) for a in apart) / len(apart)
    far = abs(middle) > max(LEAST_SECONDS, LEAST_SHARE * min(user, stranger))
    if not far or same < MOST_ROUNDS:
        return []
    title = "The login tells by its time who is a user"
    words = (
        f"a user's name, a wrong password: {user * 1000:.1f} ms (median of {len(apart)})\n"
        f"a made-up name: {stranger * 1000:.1f} ms; in {same:.0%} of the rounds"
    )
    return [_finding("auth.enumeration", Severity.WARNING, title, words, seen.location)]


def route(seen: Reached | ByDesign) -> list[Finding]:
    """A route of the app answers somebody who is not logged in, while its page asks for a login.

    Why: Gradio's login guards Gradio's routes alone. What the author adds to FastAPI, or
    mounts, is open to everybody unless it checks for itself, and the login makes it look as
    if it were not. An error where the answer holds what a user has sent or is called, or
    a secret, or where one of Gradio's own routes is open; else a warning, for it may be meant.

    Mend: give the route a dependency that knows the user, e.g. the function that
    `auth_dependency` names, or one that asks Gradio's `/user`; or mount what is for everybody
    apart from what is not.

    Silence: `--app-ignore auth.route`; a route that is called health, docs, login and the like is
    information, and so is what Gradio leaves open by design.
    """
    if isinstance(seen, ByDesign):
        title = "Gradio answers these routes without a login, by design"
        words = "\n".join(f"{label}: {why}" for label, why in seen.routes)
        return [_with(_finding("auth.route", Severity.INFO, title, words, ""), exception="design")]
    where = f"{seen.who} asks for {seen.label}: HTTP {seen.status}"
    grave = bool(seen.shows) or seen.owner == "gradio"
    if grave:
        title = f"{seen.label} answers without a login" + (f": {seen.shows}" * bool(seen.shows))
    elif seen.changes:
        title = f"{seen.label} changes things without a login"
    else:
        title = f"{seen.label} answers without a login"
    severity = Severity.ERROR if grave else Severity.INFO if seen.public else Severity.WARNING
    detail = "" if grave else "The page asks for a login, and this route does not."
    found = _finding("auth.route", severity, title, where, seen.location, detail)
    return [_with(found, function=seen.label)]


def session(seen: Kept | Spoofed) -> list[Finding]:
    """A session goes on after logging out, its cookie can be read, or anybody can claim it.

    Why: who logs out on a shared machine leaves the cookie behind, and whoever finds it is
    that user. A cookie without HttpOnly is read by any script on the page. A name in a
    header, a query or a plain cookie is whatever the visitor writes there.

    Mend: keep sessions on the server and delete them when a user logs out; set cookies
    with `httponly=True`; take the user from what a login has signed, never from the request as
    it came. Behind a proxy that sets such a header, have the proxy remove what visitors send.

    Silence: `--app-ignore auth.session`. A header may be a proxy's, a session that is kept in a
    signed cookie cannot be ended: both are warnings.
    """
    if isinstance(seen, Spoofed):
        title = f"Whoever sends the {seen.place} {seen.name} is the user it names"
        severity = Severity.WARNING if seen.place == "header" else Severity.ERROR
        words = f"nobody logged in; {seen.place} {seen.name} = the name of a user"
    elif seen.routes:
        title = "A session goes on after its user has logged out"
        severity = Severity.WARNING if seen.signed else Severity.ERROR
        words = f"the cookie of before, after logging out: {', '.join(seen.routes[:5])}"
    else:
        title = f"The cookie {seen.cookie}, which lets a user in, is set without {seen.lacks}"
        severity, words = Severity.WARNING, "a user logs in"
    found = _finding("auth.session", severity, title, words, seen.location)
    kind = "Spoofed" if isinstance(seen, Spoofed) else "Kept" if seen.routes else "Cookie"
    return [_with(found, exception=kind)]


def anothers_data(seen: Obtained) -> list[Finding]:
    """A user gets what belongs to another by giving that one's name, or a number.

    Why: who is logged in is known from `gr.Request.username`. An endpoint that takes the
    name, or a number of a record, as a parameter and answers whoever asks gives every user the
    data of all: the page may show only one's own name, a request may say any.

    Mend: take the user from `request: gr.Request` instead of a field, and check that a record
    belongs to them before it is shown.

    Silence: `--app-ignore auth.anothers-data@EVENT`. Where the data was there before and the
    field is not called as users are, it may be a directory for all: that is a warning.
    """
    title = f"{seen.who} gets another user's data by {seen.what}: {seen.field}"
    how = "only the other user ever sent it" if seen.surely else "it is the same whoever asks"
    severity = Severity.ERROR if seen.surely or seen.named else Severity.WARNING
    found = _finding(
        "auth.anothers-data",
        severity,
        title,
        f"{seen.label}, {seen.field} = {seen.value}",
        seen.location,
        f"{how[:1].upper()}{how[1:]}.",
    )
    return [_with(found, event=seen.event, function="" if seen.event else seen.label)]


def origin(seen: Crossed) -> list[Finding]:
    """Pages of any other site may read the app's answers as the user who looks at them.

    Why: the browser sends the app's cookies along. With `Access-Control-Allow-Credentials`
    and the foreign origin allowed, a page that a user opens elsewhere calls the app as
    that user and reads what comes. Names that only begin or end like one's own are foreign too.

    Mend: list the origins that are yours in `allow_origins`, whole; leave
    `allow_credentials=True` out with `"*"`; anchor a regular expression at both ends.

    Silence: `--app-ignore auth.origin`; without a login it is a warning.
    """
    title = f"Pages of {seen.kind} may read the app's answers"
    severity = Severity.ERROR if seen.login else Severity.WARNING
    words = f"{seen.label} with Origin: {seen.origin}"
    found = _finding("auth.origin", severity, title, words, seen.location)
    return [_with(found, exception=seen.kind)]


def redirect(seen: Sent) -> list[Finding]:
    """A route sends a visitor wherever its address says: to any other site.

    Why: a link that begins with the app's own name, and ends on somebody else's page that
    looks the same, is how passwords are asked for.

    Mend: redirect to paths of your own only: one that begins with a single `/`, and neither
    with `//` nor with `/\\`; or keep a list of addresses and take a key.

    Silence: `--app-ignore auth.redirect`.
    """
    title = f"{seen.label} sends visitors to any other site"
    words = f"{seen.name} = {seen.value}\nLocation: {seen.target}"
    found = _finding("auth.redirect", Severity.ERROR, title, words, seen.location)
    return [_with(found, function=seen.label)]


def _finding(
    check: str, severity: Severity, title: str, words: str, location: str, detail: str = ""
) -> Finding:
    return Finding(check, "", severity, title, detail, step="route", input=words, location=location)


def _with(finding: Finding, **changes: str) -> Finding:
    return replace(finding, **changes)  # type: ignore[arg-type]


CHECKS = (
    Check("auth.login", Severity.ERROR, login),
    Check("auth.enumeration", Severity.WARNING, enumeration),
    Check("auth.route", Severity.ERROR, route),
    Check("auth.session", Severity.ERROR, session),
    Check("auth.anothers-data", Severity.ERROR, anothers_data),
    Check("auth.origin", Severity.ERROR, origin),
    Check("auth.redirect", Severity.ERROR, redirect),
)
