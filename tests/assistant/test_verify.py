"""Checking what a model wrote against the passages that it cites."""

import json
import logging
from pathlib import Path

import pytest

from assistant.polarity import contradicts
from assistant.verify import Verifier
from kb import load_embedder
from tests.bench.verification import labelled, measure

logger = logging.getLogger(__name__)

CHINESE = """Nacos 2.x 客户端通过 gRPC 长连接工作，端口是主端口加 1000，即默认 **9848**。

1. 在防火墙中同时放行 8848 与 9848。
2. 设置 `nacos.core.auth.enabled=true` 后重启服务端，客户端不支持热切换。

```bash
nc -vz nacos.example.com 9848
```
"""
ENGLISH = """From version 2.0 on the client also needs port 9848. Open it in the firewall and restart the client.

The switch `nacos.core.auth.enabled` must not be changed while clients are connected."""


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(load_embedder("bundled"))


@pytest.mark.parametrize(
    "claim",
    [
        "在防火墙中同时放行 8848 与 9848。[1]",
        "**防火墙**需同时放行 8848 和 9848 [1]",
        "2.x 客户端使用 gRPC 长连接，默认端口是 9848。",
        "设置 `nacos.core.auth.enabled=true`，然后重启服务端。",
        "测试端口：\n\n```bash\nnc -vz nacos.example.com 9848\n```",
    ],
)
def test_what_the_passage_says_is_supported(verifier: Verifier, claim: str) -> None:
    """Word for word, reworded, shortened, and code."""
    assert verifier.check(claim, [CHINESE]).supported


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("在防火墙中同时放行 8848 与 9849。", "exact"),
        ("设置 `nacos.core.auth.enable=true` 后重启服务端。", "exact"),
        ("2.x 客户端使用 gRPC 长连接，默认端口是主端口加 2000。", "exact"),
        ("在防火墙中不要同时放行 8848 与 9848。", "opposite"),
        ("设置 `nacos.core.auth.enabled=true` 后重启服务端，客户端支持热切换。", "opposite"),
        ("设置 `nacos.core.auth.enabled=false` 后重启服务端。", "opposite"),
        ("升级 MySQL 驱动并清理连接池中的旧连接。", "words"),
        ("先备份所有的数据，再清空历史记录。", "words"),
        ("测试端口：\n\n```bash\nrm -rf / --no-preserve-root\n```", "exact"),
        ("在防火墙中同时放行 8848 与 9848。\n先删除整个数据库。", "words"),
        ("支持热切换。", "opposite"),
        ("端口是主端口加 100。", "exact"),
        ("", "nothing"),
    ],
)
def test_what_it_does_not_say_is_not(verifier: Verifier, claim: str, reason: str) -> None:
    """Another number, name or value, the opposite, and what comes from elsewhere."""
    verdict = verifier.check(claim, [CHINESE])
    assert (verdict.supported, verdict.reason) == (False, reason)


def test_a_translation_is_supported_by_its_meaning(verifier: Verifier) -> None:
    """A Chinese item stands on an English passage; exact names and numbers must agree there, too."""
    assert verifier.check("从 2.0 版本起客户端还需要 9848 端口，请在防火墙中放行并重启客户端。", [ENGLISH]).supported
    assert not verifier.check(
        "从 2.0 版本起客户端还需要 9849 端口，请在防火墙中放行并重启客户端。", [ENGLISH]
    ).supported
    assert not verifier.check("数据库里的历史记录会被定期清理。", [ENGLISH]).supported


@pytest.mark.parametrize(
    ("claim", "evidence", "opposite"),
    [
        ("可以直接删除该目录", "不可以直接删除该目录", True),
        ("无法使用旧的驱动", "可以使用旧的驱动", True),
        ("不同的版本端口不同", "版本不同，端口也不同", False),
        ("开启鉴权", "关闭鉴权", True),
        ("You must not delete the folder.", "You must delete the folder.", True),
        ("You cannot use the old driver.", "The old driver can not be used.", False),
        ("Set it to true.", "Set it to false.", True),
        ("Turn it on before the upgrade.", "Turn it on after the upgrade.", True),
    ],
)
def test_polarity(claim: str, evidence: str, opposite: bool) -> None:
    """Negations and antonyms are seen, words that only look like negations are not."""
    assert contradicts(claim, evidence) is opposite


@pytest.mark.corpus
@pytest.mark.slow
def test_figures_on_the_labelled_set(verifier: Verifier, corpora: Path) -> None:
    """On documents that nothing was tuned on: precision over .90 and recall over .85 of the unsupported."""
    tuning, test = labelled(corpora)
    assert not {case.document for case in tuning} & {case.document for case in test}
    figures, wrong = measure(verifier, test)
    logger.info("%s", json.dumps({kind: len(cases) for kind, cases in wrong.items()}))
    logger.info("precision %.3f, recall %.3f of %s", figures.precision, figures.recall, figures)
    assert figures.found + figures.missed >= 300
    assert figures.precision >= 0.90
    assert figures.recall >= 0.85
