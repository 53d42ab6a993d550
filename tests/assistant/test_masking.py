"""Secrets and personal data are hidden; documentation's own words are not."""

import time

import pytest

from assistant.masking import mask

SECRETS = {
    "assignment": ("db.password.0=hunter22xyz", "hunter22xyz"),
    "json": ('{"password":"s3cret99"}', "s3cret99"),
    "property": ("nacos.core.auth.plugin.nacos.token.secret.key=SecretKey0123456789", "SecretKey0123456789"),
    "jdbc": ("jdbc:mysql://root:Pa55w0rd@10.0.0.1:3306/nacos", "Pa55w0rd"),
    "bearer": ("Authorization: Bearer abcdefghijklmnop1234", "abcdefghijklmnop1234"),
    "jwt": ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJuYWNvcyJ9.abcdefgh", "eyJzdWIiOiJuYWNvcyJ9"),
    "aws": ("key AKIAIOSFODNN7EXAMPLE here", "AKIAIOSFODNN7EXAMPLE"),
    "aliyun": ("accessKey: LTAI5tABCDEFGHIJKLMN", "LTAI5tABCDEFGHIJKLMN"),
    "github": ("ghp_" + "a1B2" * 9, "ghp_a1B2"),
    "openai": ("sk-" + "a1B2" * 8, "sk-a1B2"),
    "pem": ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
    "mail": ("写信到 zhang.san@example.com 吧", "zhang.san@example.com"),
    "mobile": ("我的手机13812345678，急", "13812345678"),
    "id number": ("身份证11010519491231002X", "11010519491231002X"),
    "card": ("card 4111 1111 1111 1111", "4111 1111"),
    "chinese": ("密码：Abc12345", "Abc12345"),
}
HARMLESS = [
    "password=nacos", "password=${DB_PASSWORD}", "token=your_token", "token: expired", "token：失效了怎么办",
    "nacos.core.auth.plugin.nacos.token.expire.seconds=18000", "127.0.0.1:8848", "2.3.0", "dataId: example@group",
    "1704254400000", "commit 3f2c1a9e8b7d6c5f", "http://127.0.0.1:8848/nacos", "spring.config.username=nacos",
]  # fmt: skip


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS)
def test_secrets_are_hidden(text: str, secret: str) -> None:
    """Nothing of the secret is left, and the reader can be told."""
    masked, hidden = mask(text)
    assert hidden
    assert secret not in masked
    assert "[hidden: " in masked


@pytest.mark.parametrize("text", HARMLESS)
def test_documentation_passes(text: str) -> None:
    """Placeholders, versions, addresses and symptoms are not secrets."""
    assert mask(text) == (text, False)


@pytest.mark.parametrize("unit", ["password=", "a@", "1 ", "://a:", "eyJ", "-----BEGIN PRIVATE KEY-----", "13", "a.b"])
def test_patterns_are_linear(unit: str) -> None:
    """20 000 adversarial characters, the longest question, take well under half a second."""
    started = time.perf_counter()
    mask(unit * (20_000 // len(unit)))
    assert time.perf_counter() - started < 0.5
