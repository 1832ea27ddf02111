"""The second factor: one-time passwords of an app (TOTP, RFC 6238), and recovery codes for a lost phone.

A TOTP secret has to be read again for every check, so it is sealed, not digested. A step that was taken once is never
taken again (RFC 6238 §5.2), and a recovery code opens once.
"""

from __future__ import annotations

import base64
import hmac
import re
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, or_, select, update

from sessions.errors import FactorSet, NoFactor, WrongFactor
from sessions.models import RecoveryCode, Technician
from sessions.secrets import digest, new_password
from sessions.transactions import Register, Transaction, record_by, technician_view
from sessions.vault import Vault
from sessions.views import FactorSetup, TechnicianView

ISSUER = "Reachback"
SECRET_BYTES = 20
STEP_SECONDS = 30
# How many steps the clock of a phone may be wrong, either way.
TOLERANCE = 1
RECOVERY_CODES = 10


class SecondFactorRegister(Register):
    """The verbs of second factors. Needs the vault that seals their secrets."""

    def begin(self, technician_id: int) -> FactorSetup:
        """A secret for somebody's app; it does not count before it is confirmed, and is the same until then.

        Raises:
            FactorSet: one counts already.
        """
        with self._writing() as transaction:
            row = transaction.get_one(Technician, technician_id)
            if row.totp_since is not None:
                raise FactorSet
            secret = self._secret(row) or base64.b32encode(self._entropy(SECRET_BYTES)).decode()
            row.sealed_totp_secret = self._safe.seal(secret)
            return FactorSetup(secret, pyotp.TOTP(secret).provisioning_uri(name=row.name, issuer_name=ISSUER))

    def confirm(self, technician_id: int, code: str, address: str = "") -> list[str]:
        """The app shows `code`: from now on it is asked for. Answers the recovery codes, in clear, once.

        Raises:
            WrongFactor, FactorSet
        """
        now = self._clock()
        with self._writing() as transaction:
            row = transaction.get_one(Technician, technician_id)
            if row.totp_since is not None:
                raise FactorSet
            if not self._takes_step(transaction, row, code, now):
                raise WrongFactor
            row.totp_since = now
            record_by(transaction, "second_factor_set", now, technician_view(row, address), technician=row.name)
            return self._new_codes(transaction, technician_id)

    def check(self, technician_id: int, code: str, address: str = "") -> bool:
        """Whether `code` is what their app shows now, or one of their recovery codes; either fits once only."""
        now = self._clock()
        with self._writing() as transaction:
            row = transaction.get_one(Technician, technician_id)
            if row.totp_since is None:
                return False
            if self._takes_step(transaction, row, code, now):
                return True
            if not _takes_recovery_code(transaction, technician_id, code, now):
                return False
            left = _codes_left(transaction, technician_id)
            record_by(transaction, "recovery_code_used", now, technician_view(row, address), left=left)
            return True

    def new_recovery_codes(self, who: TechnicianView) -> list[str]:
        """Ten new ones, in clear, once; the old ones are worthless. Raises NoFactor."""
        with self._writing() as transaction:
            if transaction.get_one(Technician, who.id).totp_since is None:
                raise NoFactor
            record_by(transaction, "recovery_codes_made", self._clock(), who, technician=who.name)
            return self._new_codes(transaction, who.id)

    def codes_left(self, technician_id: int) -> int:
        """How many recovery codes somebody still has."""
        with self._reading() as transaction:
            return _codes_left(transaction, technician_id)

    def turn_off(self, technician_id: int, by: TechnicianView | None) -> None:
        """Ask for it no more: by the person themselves, or by an admin for a lost phone. Raises NoFactor."""
        with self._writing() as transaction:
            row = transaction.get_one(Technician, technician_id)
            if row.totp_since is None:
                raise NoFactor
            row.sealed_totp_secret = row.totp_since = row.totp_last_step = None
            transaction.execute(delete(RecoveryCode).where(RecoveryCode.technician_id == technician_id))
            record_by(transaction, "second_factor_off", self._clock(), by, technician=row.name)

    @property
    def _safe(self) -> Vault:
        if self._vault is None:
            raise ValueError("this register was opened without the vault that seals TOTP secrets")
        return self._vault

    def _secret(self, row: Technician) -> str | None:
        return self._safe.open(row.sealed_totp_secret) if row.sealed_totp_secret else None

    def _takes_step(self, transaction: Transaction, row: Technician, code: str, now: datetime) -> bool:
        """Whether `code` is right for a step not taken yet, which is taken by that."""
        secret = self._secret(row)
        step = _step_of(secret, code, now) if secret else None
        if step is None:
            return False
        unused = or_(Technician.totp_last_step.is_(None), Technician.totp_last_step < step)
        taken = update(Technician).where(Technician.id == row.id, unused).values(totp_last_step=step)
        reached = transaction.execute(
            taken.returning(Technician.id), execution_options={"synchronize_session": "fetch"}
        ).scalar_one_or_none()
        return reached is not None

    def _new_codes(self, transaction: Transaction, technician_id: int) -> list[str]:
        transaction.execute(delete(RecoveryCode).where(RecoveryCode.technician_id == technician_id))
        codes = [_grouped(new_password(self._entropy)) for _ in range(RECOVERY_CODES)]
        for code in codes:
            transaction.add(RecoveryCode(digest=_recovery_digest(technician_id, code), technician_id=technician_id))
        return codes


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step for which the app shows `code`, the newest first; None where it is none of the tolerated ones."""
    typed = re.sub(r"\s", "", code)
    totp, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    steps = range(present + TOLERANCE, present - TOLERANCE - 1, -1)
    return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode())), None)


def _takes_recovery_code(transaction: Transaction, technician_id: int, code: str, now: datetime) -> bool:
    mine = RecoveryCode.digest == _recovery_digest(technician_id, code)
    used = update(RecoveryCode).where(mine, RecoveryCode.used_at.is_(None)).values(used_at=now)
    return transaction.execute(used.returning(RecoveryCode.digest)).scalar_one_or_none() is not None


def _codes_left(transaction: Transaction, technician_id: int) -> int:
    mine = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.technician_id == technician_id)
    return transaction.scalars(mine.where(RecoveryCode.used_at.is_(None))).one()


def _recovery_digest(technician_id: int, code: str) -> str:
    # With the number of the person: nobody's code opens for another, and equal codes have unequal rows.
    return digest(f"{technician_id}:{re.sub(r'[^a-z0-9]', '', code.lower())}")


def _grouped(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
