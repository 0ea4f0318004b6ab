"""Errors a user can act on. Each says what happened and what to do next; the command line prints both, never a traceback."""


class NbaPropsError(Exception):
    """What went wrong, in one sentence, and the next step."""

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} Next step: {self.next_step}" if self.next_step else self.message


class BadInput(NbaPropsError):
    """Something a user gave (a date, a file, an option) cannot be used as it is."""


class SchemaMismatch(NbaPropsError):
    """Rows, a staging table or a stored table do not have exactly the declared columns."""


class NotReady(NbaPropsError):
    """An input that this step needs is not there yet; trying again later may succeed."""


class WarehouseBusy(NbaPropsError):
    """Another process holds the warehouse and did not let go within the time allowed."""


class StorageFault(NbaPropsError):
    """The disk or bucket refused: full, read-only or out of reach. What was there before is still there."""


class IntegrityFailure(NbaPropsError):
    """A check that guards the truth of published numbers failed; nothing was published."""


class ModelRefused(NbaPropsError):
    """A model's manifest disagrees with what is loading it (features, versions, window or bytes)."""
