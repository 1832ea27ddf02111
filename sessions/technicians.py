"""People who sign in: who they are, what they may, and how they prove it is them."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError

from sessions.dismissal import SEATED_ROLES, dismiss, sign_out
from sessions.errors import BadEmail, BadName, LastAdmin, NameTaken, SamePassword, UnknownTechnician, WrongPassword
from sessions.models import ApiToken, SignIn, Technician
from sessions.passwords import NO_PASSWORD, fits, hashed
from sessions.secrets import new_password
from sessions.tickets import WEBSOCKIFY
from sessions.transactions import (
    CLOCK,
    COMMAND_LINE,
    CUSTOMER,
    LISTENER,
    Register,
    Transaction,
    record_by,
    technician_view,
)
from sessions.tries import STRANGER
from sessions.views import NewTechnician, PersonView, TechnicianView

ROLES = ("admin", "technician", "auditor")
PREFERENCES = frozenset({"theme", "sound", "notify", "keyboard"})
# Who acts in the audit where no person does: nobody may pass for them.
NOT_PEOPLE = frozenset({CLOCK, COMMAND_LINE, CUSTOMER, LISTENER, STRANGER, WEBSOCKIFY})
_NAME = re.compile(r"[^\W_][\w .@-]{0,63}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


class TechnicianRegister(Register):
    """The verbs of people. `by` is who does it; None stands for the command line."""

    def add(
        self,
        name: str,
        role: str = "technician",
        password: str | None = None,
        *,
        by: TechnicianView | None = None,
        openid_email: str | None = None,
        must_change: bool = False,
    ) -> NewTechnician:
        """Make a technician; where no password is given, one is made and answered once.

        With `openid_email` and no password they sign in with OpenID Connect only, and the answer's password is empty.

        Raises:
            BadName, BadPassword, BadEmail, NameTaken
            ValueError: the role is none of `ROLES`.
        """
        _check_role(role)
        if not _NAME.fullmatch(name):
            raise BadName
        if name.casefold() in NOT_PEOPLE:
            raise NameTaken("In the audit this is the name of somebody else. Choose another name.")
        email = _email(openid_email)
        secret = self._first_password(password, email)
        row = Technician(
            name=name,
            role=role,
            password_hash=hashed(secret) if secret else NO_PASSWORD,
            created_at=self._clock(),
            must_change_password=must_change,
            openid_email=email,
        )
        try:
            with self._writing() as transaction:
                transaction.add(row)
                transaction.flush()
                record_by(transaction, "technician_added", self._clock(), by, technician=name, role=role)
        except IntegrityError:
            raise NameTaken from None
        return NewTechnician(technician_view(row), secret)

    def check_password(self, name: str, password: str) -> TechnicianView | None:
        """The technician, where name and password fit. Takes as long for an unknown name as for a wrong password."""
        with self._reading() as transaction:
            row = _present(transaction, name)
        matches = fits(row.password_hash if row else None, password)
        return technician_view(row) if row and matches else None

    def get(self, technician_id: int) -> TechnicianView | None:
        """One technician by number; nobody where they were removed."""
        with self._reading() as transaction:
            row = transaction.get(Technician, technician_id)
            return technician_view(row) if row and row.removed_at is None else None

    def by_name(self, name: str) -> TechnicianView | None:
        """One technician by name; nobody where they were removed."""
        with self._reading() as transaction:
            row = _present(transaction, name)
            return technician_view(row) if row else None

    def by_openid(self, issuer: str, subject: str) -> TechnicianView | None:
        """Who signed in before as this subject of this provider."""
        pinned = select(Technician).where(Technician.openid_issuer == issuer, Technician.openid_subject == subject)
        with self._reading() as transaction:
            row = transaction.scalars(pinned.where(Technician.removed_at.is_(None))).first()
            return technician_view(row) if row else None

    def pin_openid(self, email: str, issuer: str, subject: str, address: str) -> TechnicianView | None:
        """Whom an admin allowed in with this e-mail, who from now on is this subject and no other; None for nobody.

        `email` has to be one that the provider verified.
        """
        now = self._clock()
        allowed = select(Technician).where(
            func.lower(Technician.openid_email) == email.lower(),
            Technician.openid_subject.is_(None),
            Technician.removed_at.is_(None),
        )
        with self._writing() as transaction:
            rows = list(transaction.scalars(allowed))
            if len(rows) != 1:
                return None
            _forget_removed(transaction, issuer, subject)
            rows[0].openid_issuer, rows[0].openid_subject = issuer, subject
            view = technician_view(rows[0], address)
            record_by(transaction, "openid_linked", now, view, issuer=issuer)
            return view

    def all(self, *, removed: bool = False) -> list[PersonView]:
        """Everybody by name, those who were removed too where asked for."""
        chosen = select(Technician).order_by(func.lower(Technician.name))
        if not removed:
            chosen = chosen.where(Technician.removed_at.is_(None))
        with self._reading() as transaction:
            return _person_views(transaction, list(transaction.scalars(chosen)))

    def person(self, name: str) -> PersonView:
        """One person as admins see them, removed or not. Raises UnknownTechnician."""
        with self._reading() as transaction:
            return _person_views(transaction, [_anybody(transaction, name)])[0]

    def change_role(self, name: str, role: str, by: TechnicianView | None) -> None:
        """Give somebody another role; whoever may have no seat in it loses theirs.

        Raises:
            UnknownTechnician, LastAdmin
        """
        _check_role(role)
        with self._writing() as transaction:
            row = _known(transaction, name)
            if role != "admin":
                _keep_an_admin(transaction, row)
            before, row.role = row.role, role
            if role not in SEATED_ROLES:
                dismiss(transaction, row.id)
            record_by(transaction, "role_changed", self._clock(), by, technician=name, before=before, role=role)

    def remove(self, name: str, by: TechnicianView | None) -> None:
        """Let somebody in no more: their seats, sign-ins and API tokens end at once.

        Raises:
            UnknownTechnician, LastAdmin
        """
        now = self._clock()
        with self._writing() as transaction:
            row = _known(transaction, name)
            _keep_an_admin(transaction, row)
            row.removed_at = now
            dismiss(transaction, row.id)
            sign_out(transaction, row.id)
            for token in transaction.scalars(select(ApiToken).where(ApiToken.technician_id == row.id)):
                transaction.delete(token)
            record_by(transaction, "technician_removed", now, by, technician=name)

    def restore(self, name: str, by: TechnicianView | None) -> None:
        """Let somebody in again who was removed. Raises UnknownTechnician."""
        with self._writing() as transaction:
            row = _anybody(transaction, name)
            if row.removed_at is None:
                return
            row.removed_at = None
            record_by(transaction, "technician_restored", self._clock(), by, technician=name)

    def make_password(self, name: str, by: TechnicianView | None) -> str:
        """A new password for somebody who has to change it at once; they are signed out. Raises UnknownTechnician."""
        secret = new_password(self._entropy)
        self.set_password(name, secret, by, must_change=True)
        return secret

    def set_password(self, name: str, password: str, by: TechnicianView | None, *, must_change: bool = False) -> None:
        """Give somebody a password; sign-ins and seats end. Raises UnknownTechnician, BadPassword."""
        kept = hashed(password)
        with self._writing() as transaction:
            row = _known(transaction, name)
            _put_password(row, kept, must_change=must_change)
            sign_out(transaction, row.id)
            dismiss(transaction, row.id)
            record_by(transaction, "password_set", self._clock(), by, technician=name)

    def change_password(self, who: TechnicianView, old: str, new: str, keep_sign_in: int | None = None) -> None:
        """A person's own change; all their other sign-ins end. Raises WrongPassword, SamePassword, BadPassword."""
        with self._reading() as transaction:
            before = transaction.get_one(Technician, who.id).password_hash
        if not fits(before, old):
            raise WrongPassword
        if old == new:
            raise SamePassword
        kept = hashed(new)
        with self._writing() as transaction:
            row = transaction.get_one(Technician, who.id, with_for_update=True)
            if row.password_hash != before:
                # An admin gave them another while this one was being checked: theirs counts.
                raise WrongPassword
            _put_password(row, kept, must_change=False)
            sign_out(transaction, row.id, keep_sign_in)
            record_by(transaction, "password_changed", self._clock(), who, technician=who.name)

    def set_openid_email(self, name: str, email: str | None, by: TechnicianView | None) -> None:
        """Let somebody in with OpenID Connect as `email`, or no more; whoever they were there is forgotten.

        Raises:
            UnknownTechnician, BadEmail, LastAdmin
        """
        with self._writing() as transaction:
            row = _known(transaction, name)
            if not email and row.password_hash == NO_PASSWORD:
                _keep_an_admin(transaction, row)
            row.openid_email = _email(email)
            row.openid_issuer = row.openid_subject = None
            record_by(
                transaction, "openid_email_set", self._clock(), by, technician=name, allowed=bool(row.openid_email)
            )

    def prefer(self, technician_id: int, **wishes: str) -> None:
        """Remember how somebody likes their pages: any of `PREFERENCES`; the names are for the pages to understand."""
        with self._writing() as transaction:
            row = transaction.get_one(Technician, technician_id)
            known = {name: wish for name, wish in wishes.items() if name in PREFERENCES}
            row.preferences = dict(row.preferences or {}) | known

    def count(self) -> int:
        """How many may sign in."""
        present = select(func.count()).select_from(Technician).where(Technician.removed_at.is_(None))
        with self._reading() as transaction:
            return transaction.scalars(present).one()

    def _first_password(self, password: str | None, email: str | None) -> str:
        if password is None and email is None:
            return new_password(self._entropy)
        return NO_PASSWORD if password is None else password


def _put_password(row: Technician, kept: str, *, must_change: bool) -> None:
    row.password_hash, row.must_change_password = kept, must_change
    if row.totp_since is None:
        # Whoever saw a second factor being set up under the old password knows its secret.
        row.sealed_totp_secret = None


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise ValueError(f"a role is one of {', '.join(ROLES)}")


def _email(text: str | None) -> str | None:
    if not text:
        return None
    if not _EMAIL.fullmatch(text):
        raise BadEmail
    return text


def _present(transaction: Transaction, name: str) -> Technician | None:
    named = select(Technician).where(Technician.name == name, Technician.removed_at.is_(None))
    return transaction.scalars(named).first()


def _known(transaction: Transaction, name: str) -> Technician:
    row = _present(transaction, name)
    if row is None:
        raise UnknownTechnician
    return row


def _forget_removed(transaction: Transaction, issuer: str, subject: str) -> None:
    """Whoever was removed is this subject no more: it is one person at a time."""
    pinned = select(Technician).where(Technician.openid_issuer == issuer, Technician.openid_subject == subject)
    for row in transaction.scalars(pinned.where(Technician.removed_at.is_not(None))):
        row.openid_issuer = row.openid_subject = None
    transaction.flush()


def _anybody(transaction: Transaction, name: str) -> Technician:
    row = transaction.scalars(select(Technician).where(Technician.name == name)).first()
    if row is None:
        raise UnknownTechnician
    return row


def _keep_an_admin(transaction: Transaction, row: Technician) -> None:
    """Refuse what would take the last admin away: nobody would be left who could undo it."""
    can_sign_in = or_(Technician.password_hash != NO_PASSWORD, Technician.openid_email.is_not(None))
    # Locked, so that two admins who remove each other do not both succeed.
    admins = select(Technician).where(Technician.role == "admin", Technician.removed_at.is_(None), can_sign_in)
    others = [one.id for one in transaction.scalars(admins.with_for_update()) if one.id != row.id]
    if row.role == "admin" and not others:
        raise LastAdmin


def _person_views(transaction: Transaction, rows: list[Technician]) -> list[PersonView]:
    present = [row.id for row in rows]
    counted = select(SignIn.technician_id, func.count(), func.max(SignIn.seen_at))
    used = transaction.execute(counted.where(SignIn.technician_id.in_(present)).group_by(SignIn.technician_id))
    sign_ins: dict[int, tuple[int, datetime | None]] = {row[0]: (row[1], row[2]) for row in used}
    owned = select(ApiToken.technician_id, func.count()).where(ApiToken.technician_id.in_(present))
    tokens: dict[int, int] = {row[0]: row[1] for row in transaction.execute(owned.group_by(ApiToken.technician_id))}
    return [_person_view(row, *sign_ins.get(row.id, (0, None)), tokens.get(row.id, 0)) for row in rows]


def _person_view(row: Technician, sign_ins: int, last_seen: datetime | None, tokens: int) -> PersonView:
    return PersonView(
        id=row.id,
        name=row.name,
        role=row.role,
        created_at=row.created_at,
        removed_at=row.removed_at,
        has_password=row.password_hash != NO_PASSWORD,
        must_change_password=row.must_change_password,
        second_factor=row.totp_since is not None,
        openid_email=row.openid_email,
        last_seen=last_seen,
        sign_ins=sign_ins,
        tokens=tokens,
    )
