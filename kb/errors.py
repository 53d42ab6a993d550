"""Every error that Dayi raises on purpose. Foreign exceptions become one of these at the adapter that meets them.

Messages say what happened, to what, and what to do next. They are written for the person who reads them and hold no
secret, no stack trace and, for `RequestError`, no path.
"""

__all__ = [
    "AnswerGone",
    "AnswerNotFound",
    "DayiError",
    "DocumentError",
    "EditConflict",
    "EmbeddingError",
    "KeyReused",
    "LoginRefused",
    "MissingExtra",
    "ModelError",
    "ModelUnavailable",
    "NotAllowed",
    "NoticeError",
    "PublishError",
    "QuestionError",
    "RequestError",
    "SettingsError",
    "SignInUnavailable",
    "SiteRefused",
    "SourceError",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "StoreMismatch",
    "TooManyRequests",
    "UnknownProduct",
]


class DayiError(Exception):
    """Root of all errors of this project; `code` is stable and appears in API error bodies."""

    code = "error"


class SettingsError(DayiError):
    """A setting is missing, malformed or contradicts another one."""

    code = "settings"


class DocumentError(DayiError):
    """One document cannot be read. `source` names the file (and line, "file.jsonl:3"); the rest is unharmed."""

    code = "document"

    def __init__(self, source: str, message: str) -> None:
        super().__init__(f"{source}: {message}")
        self.source = source
        self.message = message


class SourceError(DocumentError):
    """A whole source (folder, git repository) cannot be read, or its change is refused."""

    code = "source"


class StoreError(DayiError):
    """The records or an index cannot do what was asked."""

    code = "store"


class StoreBusy(StoreError):
    """Another process owns the store."""

    code = "store_busy"


class StoreDamaged(StoreError):
    """An index or the database does not hold what it should."""

    code = "store_damaged"


class StoreMismatch(StoreError):
    """The store was written by another embedding model, dimension or a newer program."""

    code = "store_mismatch"


class ModelError(DayiError):
    """A language or embedding model failed."""

    code = "model"


class ModelUnavailable(ModelError):
    """A language model's server refused (`status`, an HTTP status) or cannot be reached (0).

    `retry_after_s` is how long it asks to wait, None if it does not say.
    """

    code = "model_unavailable"

    def __init__(self, status: int, retry_after_s: float | None = None) -> None:
        super().__init__(f"The language model's server refused with status {status}" if status
                         else "The language model's server cannot be reached")  # fmt: skip
        self.status = status
        self.retry_after_s = retry_after_s


class EmbeddingError(ModelError):
    """The embedding model cannot be loaded or refused a text."""

    code = "embedding"


class MissingExtra(ModelError):
    """An optional package is needed; the message holds the install command."""

    code = "missing_extra"

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional package: pip install 'dayi[{extra}]'")


class PublishError(DayiError):
    """Published files cannot be written: the folder, repository or branch is not what it should be."""

    code = "publish"


class NoticeError(DayiError):
    """A webhook or a mail server did not take a notice; `final` says that it never will."""

    code = "notice"

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class RequestError(DayiError):
    """The caller asked for something that cannot be; safe to show to anybody."""

    code = "request"


class QuestionError(RequestError):
    """The question is empty, too long or not text."""

    code = "question"


class UnknownProduct(RequestError):
    """No such product in the knowledge base."""

    code = "unknown_product"


class AnswerNotFound(RequestError):
    """No such answer, document or conversation, or it is not yours to see."""

    code = "not_found"


class AnswerGone(AnswerNotFound):
    """The answer was deleted by its asker."""

    code = "gone"


class LoginRefused(RequestError):
    """Name and password do not belong together, or the account is disabled; nobody is told which."""

    code = "login"


class SignInUnavailable(RequestError):
    """The provider of sign-ins cannot be reached, or answers what it should not; the log says what."""

    code = "sign_in_unavailable"


class EditConflict(RequestError):
    """Somebody else has changed what the caller was changing; nothing was stored."""

    code = "conflict"


class KeyReused(RequestError):
    """An idempotency key came with two different requests."""

    code = "key_reused"


class NotAllowed(RequestError):
    """The expert may see this, but not do that."""

    code = "forbidden"


class SiteRefused(RequestError):
    """No such documentation site, or the request comes from a page that is not one of its."""

    code = "site"


class TooManyRequests(RequestError):
    """The caller used up what it may do for now; `retry_after_s` whole seconds later there is room again."""

    code = "rate_limited"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
