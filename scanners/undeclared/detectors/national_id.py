"""Numbers that a state gives to a person, by format and check digit: `python-stdnum`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from stdnum.at import vnr
from stdnum.au import tfn
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.gr import amka
from stdnum.ie import pps
from stdnum.in_ import aadhaar, pan
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.lt import asmens
from stdnum.mx import curp
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.tr import tckimlik
from stdnum.us import ssn
from stdnum.za import idnr as za_idnr

from scanners.undeclared.detectors.judgement import LIKELY, Judgement, PersonalKind
from scanners.undeclared.detectors.names import Hint, hint
from scanners.undeclared.detectors.shares import Grade, Share, share
from scanners.undeclared.sample import ColumnSample

_LONGEST = 24


@dataclass(frozen=True, kw_only=True)
class Check:
    """How one state's numbers are checked.

    Attributes:
        valid: the library's check.
        written: a form that a value must have besides; None: any that the library takes.
        telling: whether values alone say something. Not where firms' numbers pass the same check.
    """

    valid: Callable[[str], bool]
    written: re.Pattern[str] | None = None
    telling: bool = True


# Adding a state's number is one line.
CHECKS = {
    "at_vnr": Check(valid=vnr.is_valid),
    "au_tfn": Check(valid=tfn.is_valid),
    "be_nn": Check(valid=nn.is_valid),
    "bg_egn": Check(valid=egn.is_valid),
    "br_cpf": Check(valid=cpf.is_valid),
    "ca_sin": Check(valid=sin.is_valid, telling=False),  # French SIREN: nine digits and Luhn as well
    "ch_ahv": Check(valid=ahv.is_valid),
    "cz_rc": Check(valid=rc.is_valid),
    "de_idnr": Check(valid=idnr.is_valid),
    "dk_cpr": Check(valid=cpr.is_valid, telling=False),  # a date and four digits: nothing to check
    "ee_ik": Check(valid=ik.is_valid),
    "es_dni": Check(valid=dni.is_valid),
    "es_nie": Check(valid=nie.is_valid),
    "fi_hetu": Check(valid=hetu.is_valid),
    "fr_nir": Check(valid=nir.is_valid),
    # ISBN-10 has the same check digit; numbers in use begin with 4, 6 or 7.
    "gb_nhs": Check(valid=nhs.is_valid, written=re.compile(r"[467]\d\d[ -]?\d{3}[ -]?\d{4}")),
    "gr_amka": Check(valid=amka.is_valid),
    "ie_pps": Check(valid=pps.is_valid),
    "in_aadhaar": Check(valid=aadhaar.is_valid),
    "in_pan": Check(valid=pan.is_valid),
    # Eleven digits are a firm's.
    "it_codicefiscale": Check(valid=codicefiscale.is_valid, written=re.compile(r"[A-Za-z0-9]{16}")),
    "kr_rrn": Check(valid=rrn.is_valid),
    "lt_asmens": Check(valid=asmens.is_valid),
    "mx_curp": Check(valid=curp.is_valid),
    "nl_bsn": Check(valid=bsn.is_valid),
    "no_fodselsnummer": Check(valid=fodselsnummer.is_valid),
    "pl_pesel": Check(valid=pesel.is_valid),
    # 5 and 6 begin the numbers of firms and of the state.
    "pt_nif": Check(valid=nif.is_valid, written=re.compile(r"(?:PT)?[1-3]\d{2} ?\d{3} ?\d{3}")),
    "ro_cnp": Check(valid=cnp.is_valid),
    "se_personnummer": Check(valid=personnummer.is_valid),
    "tr_tckimlik": Check(valid=tckimlik.is_valid),
    # No check digit: without dashes nine digits out of ten nine-digit numbers pass.
    "us_ssn": Check(valid=ssn.is_valid, written=re.compile(r"\d{3}-\d{2}-\d{4}")),
    "us_ssn_bare": Check(valid=ssn.is_valid, telling=False),
    "za_idnr": Check(valid=za_idnr.is_valid),
}


class NationalId:
    """National, tax and insurance numbers of people."""

    name = "national_id"
    kinds = frozenset({PersonalKind.NATIONAL_ID})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return NATIONAL_ID where most values pass the check of one and the same state."""
        hinted = hint(column, PersonalKind.NATIONAL_ID) is not Hint.NONE
        grade = Grade(detector=self.name, kind=PersonalKind.NATIONAL_ID, alone=LIKELY)
        shares = [_share(column, check) for check in CHECKS.values() if hinted or check.telling]
        return grade.judged(max(shares, key=lambda one: one.value), hinted=hinted)


def _share(column: ColumnSample, check: Check) -> Share:
    def passes(value: str) -> bool:
        if len(value) > _LONGEST or (check.written and not check.written.fullmatch(value)):
            return False
        return check.valid(value)

    return share(column.values, passes)
