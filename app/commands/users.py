"""`lienthong users`: who may sign in at the desk, and the tokens of programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import click

from app.output import Cell, line, show, table
from app.settings import Settings
from app.shell import END_MOMENT, Group, command
from app.times import iso, shown
from app.trouble import BadInput
from schemas.sentence import did_you_mean

if TYPE_CHECKING:
    from app.access.accounts import Accounts
    from app.access.tokens import Tokens
    from app.house import House

users = Group(name="users", help="Who may sign in at the desk (tài khoản), and programs' tokens.")

ROLES = ("officer", "monitor", "auditor", "administrator")

LONGEST = timedelta(days=366)
"""How long a token is good for at most."""


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[House, Accounts, Tokens]]:
    from app.access.accounts import Accounts
    from app.access.tokens import Tokens
    from app.house import open_house

    with open_house(settings, create=True) as house:
        accounts = Accounts(house.log)
        yield house, accounts, Tokens(house.log, accounts)


@command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the account is for.")
@click.option("--officer", metavar="POST", help="The post that an officer's acts are done as.")
@click.option("--agency", metavar="A", help="A monitor's agency, whose dossiers and whose below it"
              " are seen; an auditor's, if not all.")  # fmt: skip
@click.option("--subject", metavar="S", help="Who this is at the provider of OpenID Connect. Such"
              " an account has no password.")  # fmt: skip
def add(
    settings: Settings,
    name: str,
    role: Literal["officer", "monitor", "auditor", "administrator"],
    officer: str | None,
    agency: str | None,
    subject: str | None,
) -> None:
    """Adds an account and prints its first password, once: it is changed at the first sign-in."""
    from app.access.accounts import NameTaken
    from app.access.passwords import first_password

    if not 1 <= len(name) <= 100 or not name.isprintable() or name != name.strip():
        raise BadInput(f"{name!r} is no name of an account: 1 to 100 characters")
    with _opened(settings) as (house, accounts, _):
        agency = _place(house, role, officer, agency)
        password = None if subject else first_password()
        try:
            accounts.add(
                name, role, officer=officer, agency=agency, password=password, subject=subject
            )
        except NameTaken:
            raise BadInput(f"There is an account {name!r}, or one of that subject") from None
    value = {"account": name, "role": role, "officer": officer, "agency": agency,
             "password": password}  # fmt: skip
    show(settings, value, lambda: _told(name, password))


def _place(house: House, role: str, officer: str | None, agency: str | None) -> str | None:
    """The agency an account belongs to. Raises BadInput when that and its role do not agree."""
    from app.law.definitions import agency_of, known_officer
    from engine.core.admission import SYSTEM

    staff = house.law.organisation
    if (role == "officer") != (officer is not None):
        raise BadInput("An officer has a post (--officer POST), and nobody else has")
    if officer is not None:
        if officer == SYSTEM:
            raise BadInput("The system is nobody's post")
        known_officer(staff, officer)
        own = staff.officer(officer).agency
        if agency not in (None, own):
            raise BadInput(f"{officer} is a post of {own}, not of {agency}")
        return own
    if role == "monitor" and agency is None:
        raise BadInput("A monitor watches over an agency and those below it: say --agency")
    if role == "administrator" and agency is not None:
        raise BadInput("An administrator belongs to no agency")
    if agency is not None:
        agency_of(staff, agency)
    return agency


def _told(name: str, password: str | None) -> None:
    if password is None:
        line(f"{name} may sign in at the provider.", "ok")
        return
    line(f"The password of {name}, told this once; it is changed at the first sign-in:")
    click.echo(password)


@command("list")
def list_(settings: Settings) -> None:
    """The accounts."""
    with _opened(settings) as (_, accounts, _tokens):
        found = accounts.all()
    value = [
        {
            "account": each.name,
            "role": each.role,
            "officer": each.officer,
            "agency": each.agency,
            "disabled": each.disabled,
            "must_change_password": each.must_change,
            "subject": each.subject,
            "created_at": iso(each.created_at),
        }
        for each in found
    ]
    rows = [
        (
            Cell(each.name, "bold"),
            each.role,
            each.officer or each.agency or "every agency",
            Cell("disabled", "problem") if each.disabled else Cell("may sign in", "ok"),
            shown(each.created_at),
        )
        for each in found
    ]
    headers = ["account", "role", "of", "state", "since"]
    nothing = "There is no account yet: lienthong users add NAME --role …"
    show(settings, value, lambda: table(headers, rows, whole=["account"], nothing=nothing))


@command("password")
@click.argument("name")
def password(settings: Settings, name: str) -> None:
    """Gives a new first password, printed once; ends every session and opens a closed account."""
    from app.access.passwords import first_password

    new = first_password()
    with _opened(settings) as (_, accounts, _tokens):
        _known(accounts, name)
        accounts.set_password(name, new, must_change=True)
    show(settings, {"account": name, "password": new}, lambda: _told(name, new))


@command("disable")
@click.argument("name")
@click.option("--undo", is_flag=True, help="The account may be used again.")
def disable(settings: Settings, name: str, undo: bool) -> None:
    """Closes an account: its sessions end and its tokens are good for nothing."""
    with _opened(settings) as (_, accounts, _tokens):
        _known(accounts, name)
        accounts.set_disabled(name, not undo)
    words = "may be used again" if undo else "is disabled"
    value = {"account": name, "disabled": not undo}
    show(settings, value, lambda: line(f"{name} {words}.", "ok"))


@command("token")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    metavar="ACTION",
    help="What it may be used for, of what the account may: inbox.read, dossier.*; repeat.",
)
@click.option("--expires", type=END_MOMENT, metavar="T", help="Until when; 90 days from now when"
              " left out, a year at most.")  # fmt: skip
def token(settings: Settings, name: str, scopes: tuple[str, ...], expires: datetime | None) -> None:
    """Makes a token for a program that acts as the account, and prints it, once."""
    from app.access.tokens import NoSuchScope, scopes_of

    now = datetime.now(UTC)
    until = expires or now + timedelta(days=90)
    if not now < until <= now + LONGEST:
        raise BadInput(f"--expires {shown(until)}: a token is good for a year at most, from now")
    with _opened(settings) as (_, accounts, tokens):
        role = _known(accounts, name).role
        try:
            granted = scopes_of(role, scopes)
        except NoSuchScope as wrong:
            guess = did_you_mean(wrong.scope, wrong.known)
            listed = guess or f"; {role} may: {', '.join(wrong.known)}"
            raise BadInput(f"--scope {wrong.scope!r} is nothing that {role} may{listed}") from None
        id_, secret = tokens.make(name, granted, until)
    value = {"id": id_, "account": name, "scopes": sorted(granted), "expires": iso(until),
             "token": secret}  # fmt: skip

    def human() -> None:
        line(f"Token {id_} of {name}, until {shown(until)}, told this once:")
        click.echo(secret)

    show(settings, value, human)


@command("tokens")
def tokens_(settings: Settings) -> None:
    """The tokens that were made, without what is secret of them."""
    with _opened(settings) as (_, accounts, tokens):
        found, now = tokens.all(), accounts.now()
    value = [
        {
            "id": each.id,
            "account": each.account,
            "scopes": sorted(each.scopes),
            "expires": iso(each.expires_at),
            "revoked": iso(each.revoked_at),
        }
        for each in found
    ]
    rows = [
        (Cell(each.id, "bold"), each.account, ", ".join(sorted(each.scopes)), _state(each, now))
        for each in found
    ]
    headers = ["id", "account", "scopes", "state"]
    show(settings, value, lambda: table(headers, rows, whole=["id"], nothing="There is no token."))


@command("revoke")
@click.argument("id_", metavar="ID")
def revoke(settings: Settings, id_: str) -> None:
    """Ends a token."""
    with _opened(settings) as (_, _accounts, tokens):
        if not tokens.revoke(id_):
            known = [each.id for each in tokens.all() if each.revoked_at is None]
            raise BadInput(f"There is no token {id_!r} to revoke{did_you_mean(id_, known)}")
    show(settings, {"id": id_, "revoked": True}, lambda: line(f"{id_} is revoked.", "ok"))


def _state(each: Any, now: int) -> Cell:
    if each.revoked_at is not None:
        return Cell(f"revoked {shown(each.revoked_at)}", "problem")
    over = each.expires_at <= now
    return Cell(f"until {shown(each.expires_at)}", "problem" if over else "ok")


def _known(accounts: Accounts, name: str) -> Any:
    found = accounts.get(name)
    if found is None:
        known = [each.name for each in accounts.all()]
        raise BadInput(f"There is no account {name!r}{did_you_mean(name, known)}")
    return found


for each in (add, list_, password, disable, token, tokens_, revoke):
    users.add_command(each)
