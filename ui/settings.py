"""All settings, in one typed object. Built by entry points only; precedence: argument, environment, file, default."""

import re
from base64 import b64decode
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from assistant.notices.outbox import EVENTS, NoticeEvent
from assistant.notices.webhooks import WebhookKind
from kb.errors import SettingsError
from ui.origins import OriginPattern

__all__ = ["LimitSettings", "OidcSettings", "Product", "Settings", "Site", "WebhookSettings", "load_settings"]

_SENDER = r"[\w.+-]+@[\w.-]+|[^<>@\r\n]{1,100}<[\w.+-]+@[\w.-]+>"
_Network = IPv4Network | IPv6Network
_LOOPBACK: list[_Network] = [IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")]


class Product(BaseModel):
    """A product's display name, the other words that readers use for it, and from which confidence on it answers.

    With `public_quality` everybody may see how many of its questions are answered, at `/quality/ID`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str = ""
    names: list[str] = []
    examples: dict[str, list[str]] = {}
    answer_at: Annotated[float | None, Field(ge=0, le=1)] = None
    public_quality: bool = False


class Site(BaseModel):
    """A documentation site that may show the widget, on pages of these origins.

    `product` and `version` hold for questions that name none. `url_pattern` says where the address of a page names
    them: in `/docs/{version}/` the braces stand for what is between two slashes, everything else for itself. With
    `public_quality` everybody may see how many of its readers' questions are answered, at `/quality/ID`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
    product: str = ""
    version: str = ""
    origins: list[OriginPattern] = []
    title: str = ""
    language: Literal["auto", "zh", "en"] = "auto"
    examples: list[str] = []
    colour: str = ""
    url_pattern: Annotated[str, Field(pattern=r"^(?:[^{}]|\{product\}|\{version\})*$")] = ""
    daily_tokens: Annotated[int, Field(ge=0)] = 0
    public_quality: bool = False


class WebhookSettings(BaseModel):
    """Where to send a request when one of the `events` happens. The address of a group chat is as secret as its key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr
    kind: WebhookKind = "generic"
    events: list[NoticeEvent] = list(EVENTS)
    secret: SecretStr = SecretStr("")

    @field_validator("url")
    @classmethod
    def _absolute(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must begin with https:// or http:// and name a host")
        return value

    @field_validator("secret")
    @classmethod
    def _readable(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        if secret.startswith("whsec_"):
            try:
                b64decode(secret.removeprefix("whsec_"), validate=True)
            except ValueError:
                raise ValueError("after whsec_ stands Base64") from None
        return value


_Count = Annotated[int, Field(ge=0)]


class LimitSettings(BaseModel):
    """How much one address may do, and one site together; 0 lifts a limit. `exempt` networks have none of their own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions_per_minute: _Count = 20
    questions_per_day: _Count = 500
    searches_per_minute: _Count = 120
    ratings_per_minute: _Count = 30
    answers_at_once: _Count = 2
    site_questions_per_minute: _Count = 300
    exempt: list[_Network] = _LOOPBACK


class OidcSettings(BaseModel):
    """The OpenID Connect provider through which experts may sign in.

    `issuer` is its address as it writes it itself, `name` what it is called on the button. It is spoken to under the
    issuer's own host, and under `hosts` where it keeps its keys or tokens elsewhere.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str
    client_id: Annotated[str, Field(min_length=1)]
    client_secret: SecretStr = SecretStr("")
    name: Annotated[str, Field(min_length=1, max_length=40)] = "OpenID Connect"
    hosts: list[str] = []

    @field_validator("issuer")
    @classmethod
    def _trustworthy(cls, value: str) -> str:
        parts = urlsplit(value)
        here = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
        if (
            not (parts.scheme == "https" or here)
            or not parts.hostname
            or parts.username
            or parts.query
            or parts.fragment
        ):
            raise ValueError("must look like https://login.example.org; http is for this machine alone")
        return value


class Settings(BaseSettings):
    """What can be set: environment variables `DAYI_*`, or the same names in lower case in `dayi.toml`."""

    model_config = SettingsConfigDict(env_prefix="DAYI_", toml_file="dayi.toml", extra="forbid", frozen=True)

    data: Path = Field(Path("data"), description="Folder of the database and the indexes")
    database: SecretStr | None = Field(None, description="SQLAlchemy URL; by default SQLite in the data folder")
    embedding: str = Field("bundled", description="`bundled`, or the name of a sentence-transformers model")
    reranker: str = Field("", description="Name of a cross-encoder that reads the first hits once more")
    llm: str = Field("", description="Language model, such as openai:gpt-4.1-mini; empty: experts' own words only")
    llm_base_url: str = Field("", description="Address of an OpenAI-compatible server or of Ollama")
    llm_api_key: SecretStr = Field(SecretStr(""), description="Key for the language model's server")
    llm_daily_tokens: int = Field(
        2_000_000, ge=0, description="Tokens a day, in and out; then answers are quoted. 0: no limit"
    )
    llm_context_tokens: int = Field(
        4_000, ge=500, le=100_000, description="Tokens of the knowledge base that go with a question"
    )
    base_url: str = Field("http://127.0.0.1:7860", description="Public address, for permalinks")
    origins: list[OriginPattern] = Field(
        [], description="Origins of other sites that may call the whole API, such as https://docs.example.org"
    )
    trusted_proxies: list[_Network] = Field(
        _LOOPBACK, description="Networks of the reverse proxies whose `X-Forwarded-For` is believed"
    )
    limits: LimitSettings = Field(LimitSettings(), description="How much one address, and one site, may do")
    products: list[Product] = Field(
        [], description="Display names of products, other words for them, example questions"
    )
    answer_at: float | None = Field(
        None, ge=0, le=1, description="Answer from this confidence on; `dayi eval --promise` finds it"
    )
    synonyms: list[list[str]] = Field([], description="Groups of words that mean the same to readers")
    sites: list[Site] = Field([], description="Documentation sites that show the widget")
    retention_days: int = Field(
        90, ge=0, le=36_500, description="Days after which questions, answers and ratings are deleted. 0: never"
    )
    webhooks: list[WebhookSettings] = Field([], description="Who is told of ratings, requests and corrections")
    smtp_host: str = Field("", description="Mail server; with one, askers who left an address hear of the correction")
    smtp_port: int = Field(587, ge=1, le=65_535, description="Its port; 465 speaks TLS from the start")
    smtp_user: str = Field("", description="Account at the mail server")
    smtp_password: SecretStr = Field(SecretStr(""), description="Its password")
    smtp_from: str = Field("", description="Address that mail comes from, such as Dayi <answers@example.org>")
    smtp_starttls: bool = Field(True, description="Refuse a mail server that offers no TLS; false for one next door")

    oidc: OidcSettings | None = Field(None, description="OpenID Connect provider through which experts may sign in")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments over environment over `dayi.toml` over defaults."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @field_validator("base_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must look like https://answers.example.org")
        return value.rstrip("/")

    @field_validator("sites")
    @classmethod
    def _distinct(cls, value: list[Site]) -> list[Site]:
        ids = [site.id for site in value]
        if twice := sorted({id for id in ids if ids.count(id) > 1}):
            raise ValueError(f"two sites have the same id: {', '.join(twice)}")
        return value

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> "Settings":
        if self.smtp_host and not re.fullmatch(_SENDER, self.smtp_from):
            raise ValueError("smtp_from must be an address, or NAME <ADDRESS>, where smtp_host is set")
        return self

    @property
    def database_url(self) -> str:
        """The database that holds the records."""
        return self.database.get_secret_value() if self.database else f"sqlite:///{self.data / 'dayi.db'}"


def load_settings(**arguments: Any) -> Settings:
    """Settings from arguments (None means not given), environment and `dayi.toml` in the working folder.

    Raises:
        SettingsError: a value is malformed or unknown; the message names each one.
    """
    try:
        return Settings(**{name: value for name, value in arguments.items() if value is not None})
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"Settings are wrong. {problems}. `dayi settings` lists all of them.") from None
    except (ValueError, OSError) as error:
        raise SettingsError(f"dayi.toml cannot be read: {error}") from None
