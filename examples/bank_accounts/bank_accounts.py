"""Tell which bank accounts a text names that are in countries where nobody sends us bills.

An account has an IBAN (ISO 13616): a country, two check digits, and up to 30 letters and
digits.  With the first four moved to the end and A for 10, B for 11 and so on, it leaves 1
when it is divided by 97; so a number that only looks like one is not taken for one.
"""

import re

from pydantic import BaseModel, Field

from pratique.scanners.v1 import Finding, Limits

IBAN = re.compile(rb"\b[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")


class Settings(BaseModel):
    """What the section `[scanner.settings]` may say."""

    countries: list[str] = Field(min_length=1)


class BankAccounts:
    name = "bank-accounts"
    limits = Limits(octets=1_000_000, findings=20, kinds=("text", "html"))
    Settings = Settings

    def setup(self, settings):
        self.expected = set(settings.countries)

    def scan(self, part):
        for found in IBAN.finditer(part.octets):
            account = found[0].decode().replace(" ", "")
            if is_account(account) and account[:2] not in self.expected:
                yield Finding("Account.Foreign", note=f"{account} at {found.start()}")


def is_account(number):
    """Tell whether the check digits are right (ISO 7064, MOD 97-10)."""
    digits = "".join(str(int(letter, 36)) for letter in number[4:] + number[:4])
    return int(digits) % 97 == 1
