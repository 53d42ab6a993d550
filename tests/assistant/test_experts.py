"""Accounts: no weak passwords, no guessing, and a session ends when its account does."""

import sqlite3
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import argon2
import pytest

from assistant.experts import ExpertStore, form_token
from kb.errors import LoginRefused, RequestError, TooManyRequests
from kb.records import Records

PASSWORD = "correct horse battery"
FAST = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def experts(tmp_path: Path) -> Iterator[ExpertStore]:
    records = Records(f"sqlite:///{tmp_path / 'dayi.db'}")
    store = ExpertStore(records, FAST)
    store.add("lin", PASSWORD, products=["nacos"])
    yield store
    records.close()


def test_sign_in_and_out(experts: ExpertStore) -> None:
    """A session is its expert's until it ends; names are not case sensitive."""
    session = experts.log_in(" Lin ", PASSWORD, "1.2.3.4")
    expert = experts.expert_of(session)
    assert expert
    assert (expert.name, expert.role, expert.products) == ("lin", "reviewer", ("nacos",))
    assert (expert.sees("nacos"), expert.sees("arthas"), expert.sees("")) == (True, False, False)
    experts.log_out(session)
    assert experts.expert_of(session) is None


def test_maintainers_and_unrouted_reviewers_see_everything(experts: ExpertStore) -> None:
    """Products route reviewers only."""
    assert experts.add("chief", PASSWORD, role="maintainer", products=["nacos"]).sees("arthas")
    assert experts.add("all", PASSWORD).sees("arthas")


@pytest.mark.parametrize("name", ["", "Lin Wei", "../x", "a" * 41, "-a", "ａ", "a\n"])
def test_odd_names_are_refused(experts: ExpertStore, name: str) -> None:
    with pytest.raises(RequestError):
        experts.add(name, PASSWORD)


@pytest.mark.parametrize("password", ["", "changeme", "a" * 11, "a" * 201])
def test_weak_passwords_are_refused(experts: ExpertStore, password: str) -> None:
    """There is no default one either."""
    with pytest.raises(RequestError, match="characters"):
        experts.add("new", password)


def test_an_account_is_made_once(experts: ExpertStore) -> None:
    with pytest.raises(RequestError, match="already"):
        experts.add("lin", "another password")
    assert experts.log_in("lin", PASSWORD, "1.2.3.4")


@pytest.mark.parametrize("end", ["disable", "password"])
def test_sessions_end_with_the_account(experts: ExpertStore, end: str) -> None:
    """A disabled expert is out at once, as is everybody who knew the old password."""
    session = experts.log_in("lin", PASSWORD, "1.2.3.4")
    if end == "disable":
        experts.disable("lin")
    else:
        experts.set_password("lin", "another password")
    assert experts.expert_of(session) is None
    with pytest.raises(LoginRefused):
        experts.log_in("lin", PASSWORD, "1.2.3.4")


def test_sixth_try_is_refused(experts: ExpertStore) -> None:
    """Five failures close the account for a while, for the right password as well; others may still sign in."""
    experts.add("wei", PASSWORD)
    for number in range(5):
        with pytest.raises(LoginRefused):
            experts.log_in("lin", "wrong password", f"10.0.0.{number}")
    with pytest.raises(TooManyRequests):
        experts.log_in("lin", PASSWORD, "1.2.3.4")
    assert experts.log_in("wei", PASSWORD, "1.2.3.4")


def test_success_clears_the_account(experts: ExpertStore) -> None:
    """Who mistypes four times and then does not, starts anew."""
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(LoginRefused):
                experts.log_in("lin", "wrong password", "1.2.3.4")
        assert experts.log_in("lin", PASSWORD, "1.2.3.4")


def test_twenty_first_try_from_an_address_is_refused(experts: ExpertStore) -> None:
    """Whatever names it tries."""
    for number in range(20):
        with pytest.raises(LoginRefused):
            experts.log_in(f"name{number}", "wrong password", "1.2.3.4")
    with pytest.raises(TooManyRequests):
        experts.log_in("lin", PASSWORD, "1.2.3.4")
    assert experts.log_in("lin", PASSWORD, "1.2.3.5")


def test_attempts_are_forgotten_after_15_minutes(experts: ExpertStore, tmp_path: Path) -> None:
    """Being locked out ends by itself."""
    for _ in range(5):
        with pytest.raises(LoginRefused):
            experts.log_in("lin", "wrong password", "1.2.3.4")
    with sqlite3.connect(tmp_path / "dayi.db") as database:
        database.execute("UPDATE login_attempts SET at = '2020-01-01T00:00:00Z'")
    assert experts.log_in("lin", PASSWORD, "1.2.3.4")


def test_sessions_expire(experts: ExpertStore, tmp_path: Path) -> None:
    session = experts.log_in("lin", PASSWORD, "1.2.3.4")
    with sqlite3.connect(tmp_path / "dayi.db") as database:
        database.execute("UPDATE expert_sessions SET expires_at = '2020-01-01T00:00:00Z'")
    assert experts.expert_of(session) is None


def test_nothing_secret_is_stored(experts: ExpertStore, tmp_path: Path) -> None:
    """The database holds argon2id hashes of passwords and hashes of sessions."""
    session = experts.log_in("lin", PASSWORD, "1.2.3.4")
    with sqlite3.connect(tmp_path / "dayi.db") as database:
        stored = "\n".join(database.iterdump())
    assert "$argon2id$" in stored
    assert PASSWORD not in stored
    assert session not in stored
    assert "1.2.3.4" not in stored


def test_one_secret_is_no_other(experts: ExpertStore) -> None:
    """A form's token does not sign in, and nothing that is no session is one."""
    session = experts.log_in("lin", PASSWORD, "1.2.3.4")
    assert all(
        experts.expert_of(other) is None for other in ("", form_token(session), session.upper(), "lin", PASSWORD)
    )


def test_ids_cannot_be_guessed(experts: ExpertStore) -> None:
    """Sessions share no prefix and have no order."""
    sessions = [experts.log_in("lin", PASSWORD, "1.2.3.4") for _ in range(8)]
    assert len({session[:4] for session in sessions}) == 8
    assert all(len(session) >= 43 for session in sessions)


def test_unknown_names_take_as_long(tmp_path: Path) -> None:
    """Two hundred tries tell nobody which names there are."""
    records = Records(f"sqlite:///{tmp_path / 'dayi.db'}")
    experts = ExpertStore(records, argon2.PasswordHasher(time_cost=2, memory_cost=8192, parallelism=1))
    for number in range(100):
        experts.add(f"known{number}", PASSWORD)
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(100):
        for kind, taken in times.items():
            started = time.perf_counter()
            with pytest.raises(LoginRefused):
                experts.log_in(f"{kind}{number}", "wrong password", f"{kind} {number}")
            taken.append(time.perf_counter() - started)
    known, unknown = (statistics.median(taken) for taken in times.values())
    spread = statistics.stdev(sorted(times["known"])[10:90])
    assert abs(known - unknown) < max(2 * spread, 0.2 * known)
    records.close()


def test_passwords_are_hashed_with_argon2id(tmp_path: Path) -> None:
    """At the cost that RFC 9106 recommends where memory is scarce: 64 MiB."""
    records = Records(f"sqlite:///{tmp_path / 'dayi.db'}")
    ExpertStore(records).add("lin", PASSWORD)
    with sqlite3.connect(tmp_path / "dayi.db") as database:
        (stored,) = database.execute("SELECT password_hash FROM experts").fetchone()
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    records.close()


# Signing in through a provider


@pytest.mark.parametrize(
    ("identity", "kept"),
    [
        ("248289761001", "sub:248289761001"),
        (" Lin@Example.ORG ", "email:lin@example.org"),
        ("email:lin@example.org", "email:lin@example.org"),
        ("sub:lin@example.org", "sub:lin@example.org"),
        ("auth0|Lin", "sub:auth0|Lin"),
        ("", ""),
    ],
)
def test_how_an_identity_is_kept(experts: ExpertStore, identity: str, kept: str) -> None:
    """What has an @ is an address, unless it says that it is a subject; those keep their case."""
    experts.bind("lin", identity)
    assert experts.all()[0].oidc == kept
    assert experts.add("new", None, oidc=identity and f"{identity.strip()}2").oidc == (kept and f"{kept}2")


@pytest.mark.parametrize("identity", ["two words", "x" * 260, "\u212aim@example.org", "a\nb", "\x00"])
def test_odd_identities_are_refused(experts: ExpertStore, identity: str) -> None:
    with pytest.raises(RequestError, match="identity"):
        experts.bind("lin", identity)


def test_an_identity_has_one_account(experts: ExpertStore) -> None:
    """Binding it again to the same one is no error."""
    experts.bind("lin", "42")
    experts.bind("lin", "42")
    with pytest.raises(RequestError, match="'lin' signs in"):
        experts.add("wei", None, oidc="42")
    experts.add("wei", None)
    with pytest.raises(RequestError, match="'lin' signs in"):
        experts.bind("wei", "sub:42")


def test_binding_ends_the_sessions(experts: ExpertStore) -> None:
    """Whoever was signed in as another identity is out."""
    experts.bind("lin", "42")
    session = experts.log_in_as("42")
    assert experts.expert_of(session)
    experts.bind("lin", "43")
    assert experts.expert_of(session) is None
    with pytest.raises(LoginRefused):
        experts.log_in_as("42")


def test_nobody_is_bound_by_default(experts: ExpertStore) -> None:
    """Empty subjects and addresses are nobody's, and an account of the provider has no password to guess."""
    experts.add("wei", None, oidc="42")
    for subject, email in (("", ""), ("43", ""), ("", "lin")):
        with pytest.raises(LoginRefused):
            experts.log_in_as(subject, email)
    with pytest.raises(LoginRefused):
        experts.log_in("wei", "", "1.2.3.4")
