import json
import logging
import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog import network
from saxsdog.errors import SettingsError, UsageError
from saxsdog.network import (
    NetworkEntry,
    bind_address,
    choose,
    entries_of,
    load_network,
    network_file,
    new_secret,
    permission_problem,
    save_network,
    split_address,
)

SECRET = "gr8 and secret; nobody may see it"  # noqa: S105
ENTRY = NetworkEntry("Pilatus1M", "tcp://127.0.0.1:7777", "tcp://127.0.0.1:5555", SECRET)
DOCUMENT = ENTRY.as_document()
OTHER = NetworkEntry("Eiger", "tcp://127.0.0.1:7778", "", "another secret of many letters")

posix_only = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights of POSIX")
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "network"
    save_network([ENTRY, OTHER], path)
    return path


def written(tmp_path, document):
    path = tmp_path / "written"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


# --------------------------------------------------------------------------- the file


def test_what_is_saved_is_loaded(file):
    assert load_network(file) == [ENTRY, OTHER]


def test_the_file_holds_exactly_the_keys_of_the_original(file):
    for item in json.loads(file.read_text(encoding="utf-8")):
        assert set(item) == {"Name", "Server", "Feeder", "Secret"}


def test_a_single_server_without_a_list_is_loaded(tmp_path):
    assert load_network(written(tmp_path, DOCUMENT)) == [ENTRY]


def test_a_server_without_a_feeder_has_none(tmp_path):
    document = {key: value for key, value in DOCUMENT.items() if key != "Feeder"}
    assert load_network(written(tmp_path, [document]))[0].feeder == ""


def test_the_file_is_that_of_the_user(tmp_path, monkeypatch):
    monkeypatch.delenv("SAXSDOG_NETWORK", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert network_file() == tmp_path / ".saxsdognetwork"
    save_network([ENTRY], tmp_path / ".saxsdognetwork")
    assert load_network() == [ENTRY]


def test_the_environment_names_another_file(file, monkeypatch):
    monkeypatch.setenv("SAXSDOG_NETWORK", str(file))
    assert load_network() == [ENTRY, OTHER]


def test_a_missing_file_is_explained(tmp_path):
    with pytest.raises(SettingsError, match=r"none: .* 'saxsdog netconf' makes one"):
        load_network(tmp_path / "none")


def test_a_folder_is_no_network_file(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        load_network(tmp_path)


@pytest.mark.parametrize("text", ["", "[", "no json", '[{"Name": 1, "Name": 2}]'])
def test_what_is_no_json_is_refused_with_the_name_of_the_file(tmp_path, text):
    path = tmp_path / "network"
    path.write_text(text)
    with pytest.raises(SettingsError, match="network: expected"):
        load_network(path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"Secret": "fifteen letters"}, "Secret: expected at least 16 characters, got 15"),
        ({"Secret": " fifteen letters\n"}, "Secret: expected at least 16 characters, got 15"),
        ({"Secret": ""}, "Secret: expected at least 16 characters, got 0"),
        ({"Secret": 1234567890123456789}, "Secret: expected a text"),
        ({"Secret": ["a secret of many letters"]}, "Secret: expected a text"),
        ({"Secret": "half a character, \ud83d"}, "Secret: expected a text"),
        ({"Name": "two\nlines"}, "Name: expected a name to print"),
        ({"Name": 7}, "Name: expected a text, got 7"),
        ({"Server": ""}, r"Server: expected tcp://host:port"),
        ({"Feeder": "ipc:///tmp/x"}, r"Feeder: expected tcp://host:port"),
        ({"Rots": "/data"}, "expected only known keys, got 'Rots'"),
    ],
)
def test_a_wrong_key_is_named_and_no_secret_shown(tmp_path, change, complaint):
    path = written(tmp_path, [OTHER.as_document(), DOCUMENT | change])
    with pytest.raises(SettingsError, match=complaint) as caught:
        load_network(path)
    assert f"{path}: [1]" in str(caught.value)
    for secret in (SECRET, OTHER.secret, "1234567890", "fifteen", "many letters"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize("document", [[[DOCUMENT]], {"servers": [DOCUMENT]}, SECRET, 7, None])
def test_no_complaint_about_the_form_shows_a_secret(tmp_path, document):
    with pytest.raises(SettingsError) as caught:
        load_network(written(tmp_path, document))
    assert SECRET not in str(caught.value)
    assert SECRET[:10] not in str(caught.value)


def test_the_check_of_the_form_never_sees_a_secret(monkeypatch):
    seen = []
    monkeypatch.setattr(network, "check", lambda document, name: seen.append(document))
    entries_of([DOCUMENT])
    assert seen == [[DOCUMENT | {"Secret": "*" * len(SECRET)}]]


def test_bytes_that_are_no_text_are_refused_without_showing_any(tmp_path):
    path = tmp_path / "network"
    path.write_bytes(json.dumps([DOCUMENT]).encode() + b"\xff")
    with pytest.raises(SettingsError, match="UTF-8") as caught:
        load_network(path)
    assert caught.value.__cause__ is None
    assert SECRET not in str(caught.value)


def test_a_name_that_comes_twice_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="'Pilatus1M' twice"):
        load_network(written(tmp_path, [DOCUMENT, DOCUMENT]))


def test_blanks_around_a_secret_do_not_count():
    assert entries_of([DOCUMENT | {"Secret": f"\t {SECRET}\r\n"}])[0].secret == SECRET


def test_a_secret_may_have_letters_of_any_alphabet(tmp_path):
    entry = NetworkEntry("ß", ENTRY.server, "", "sechzehn Zeichen: äöü")
    save_network([entry], tmp_path / "network")
    assert load_network(tmp_path / "network") == [entry]


def test_a_secret_is_not_shown_with_its_entry():
    assert SECRET not in repr(ENTRY)
    assert SECRET not in str(ENTRY)
    assert SECRET not in repr([ENTRY])


def test_no_secret_is_logged(file, caplog):
    caplog.set_level(logging.DEBUG)
    choose(load_network(file), "Eiger")
    assert OTHER.secret not in caplog.text


def test_nothing_wrong_is_saved(file):
    before = file.read_bytes()
    with pytest.raises(SettingsError, match="at least 16"):
        save_network([NetworkEntry("a", ENTRY.server, "", "short")], file)
    assert file.read_bytes() == before


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"none.*cannot be written"):
        save_network([ENTRY], tmp_path / "none" / "network")


# ------------------------------------------------------------------------- its rights


@posix_only
def test_only_the_owner_can_read_what_is_saved(file):
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    save_network([ENTRY], file)
    assert file.stat().st_mode & 0o777 == 0o600


@posix_only
def test_a_link_to_the_file_stays_a_link(file, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(file)
    save_network([OTHER], link)
    assert link.is_symlink()
    assert load_network(file) == [OTHER]


@posix_only
def test_a_file_of_ones_own_is_no_problem(file, tmp_path):
    assert permission_problem(file) is None
    file.chmod(0o400)
    assert permission_problem(file) is None
    (tmp_path / "link").symlink_to(file)
    assert permission_problem(tmp_path / "link") is None


@posix_only
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o601])
def test_a_file_that_others_can_use_is_a_problem_by_its_own_name_and_by_a_link(
    file, tmp_path, mode
):
    file.chmod(mode)
    (tmp_path / "link").symlink_to(file)
    for path in (file, tmp_path / "link"):
        problem = permission_problem(path)
        assert f"got mode {mode:04o}" in problem
        assert "netconf --fix" in problem


@as_root
def test_a_file_of_somebody_else_is_a_problem(file, tmp_path):
    (tmp_path / "link").symlink_to(file)
    os.chown(file, 12345, -1)
    for path in (file, tmp_path / "link"):
        assert "belongs to somebody else" in permission_problem(path)


@as_root
def test_a_link_of_somebody_else_is_a_problem(file, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(file)
    os.chown(link, 12345, -1, follow_symlinks=False)
    assert "belongs to somebody else" in permission_problem(link)
    assert permission_problem(file) is None


def test_a_missing_file_has_no_rights_to_complain_about(tmp_path):
    assert permission_problem(tmp_path / "none") is None


def test_rights_are_not_judged_where_there_are_none(file, monkeypatch):
    file.chmod(0o644)
    monkeypatch.delattr(os, "geteuid", raising=False)
    assert permission_problem(file) is None


# --------------------------------------------------------------------------- choosing


def test_a_server_is_chosen_by_its_exact_name():
    assert choose([ENTRY, OTHER], "Eiger") is OTHER
    with pytest.raises(UsageError, match=r"'Pilatus1M', 'Eiger'.*got 'eiger'"):
        choose([ENTRY, OTHER], "eiger")


def test_the_only_server_needs_no_name():
    assert choose([ENTRY]) is ENTRY


def test_several_servers_need_a_name():
    with pytest.raises(UsageError, match="'Pilatus1M', 'Eiger'"):
        choose([ENTRY, OTHER])


def test_there_is_nothing_to_choose_from_an_empty_file():
    with pytest.raises(UsageError, match="none"):
        choose([])


def test_secrets_are_long_and_never_the_same():
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {64}


# -------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("tcp://localhost:7777", ("localhost", "7777")),
        ("tcp://storage-1.example.org:1", ("storage-1.example.org", "1")),
        ("tcp://192.0.2.7:65535", ("192.0.2.7", "65535")),
        ("tcp://[2001:db8::7]:7777", ("[2001:db8::7]", "7777")),
        ("tcp://*:*", ("*", "*")),
    ],
)
def test_an_address_has_host_and_port(url, expected):
    assert split_address(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:7777",
        "tcp://localhost",
        "tcp://:7777",
        "tcp://localhost:",
        "tcp://localhost:0",
        "tcp://localhost:65536",
        "tcp://localhost:-1",
        "tcp://localhost:٧٧",
        "tcp://localhost:7777/",
        "tcp://localhost:7777\n",
        " tcp://localhost:7777",
        "tcp://user@localhost:7777",
        "tcp://1.2.3:7777",
        "tcp://1.2.3.256:7777",
        "tcp://2001:db8::7:7777",
        "tcp://[localhost]:7777",
        "tcp://a;b:7777",
        "TCP://localhost:7777",
        "http://localhost:7777",
        "ipc:///tmp/socket",
        "inproc://x",
        "tcp://a:1,tcp://b:2",
    ],
)
def test_anything_else_is_no_address(url):
    with pytest.raises(SettingsError, match="expected tcp://host:port"):
        split_address(url)


@given(st.text())
def test_no_text_breaks_the_reading_of_addresses(text):
    for url in (text, f"tcp://{text}:1", f"tcp://localhost:{text}"):
        try:
            host, port = split_address(url)
        except SettingsError:
            continue
        assert url == f"tcp://{host}:{port}"


def test_a_server_listens_at_the_number_of_its_host():
    entry = NetworkEntry("a", "tcp://localhost:7777", "", SECRET)
    assert bind_address(entry) == "tcp://127.0.0.1:7777"


@pytest.mark.parametrize("url", ["tcp://127.0.0.1:*", "tcp://*:7777", "tcp://[::1]:7777"])
def test_what_is_a_number_already_stays_as_it_is_written(url):
    assert bind_address(NetworkEntry("a", url, "", SECRET)) == url


def test_another_address_to_listen_at_wins():
    assert bind_address(ENTRY, "tcp://localhost:*") == "tcp://127.0.0.1:*"
    with pytest.raises(SettingsError, match="got 'everywhere'"):
        bind_address(ENTRY, "everywhere")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid", "a..b"])
def test_a_host_that_nobody_knows_is_named(host):
    with pytest.raises(SettingsError, match="a host that this machine knows, got"):
        bind_address(NetworkEntry("a", f"tcp://{host}:7777", "", SECRET))


def test_a_host_without_an_old_address_gets_a_new_one(monkeypatch):
    def only_ipv6(host, port, **_):
        return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::7", 0, 0, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", only_ipv6)
    entry = NetworkEntry("a", "tcp://new.example.org:7777", "", SECRET)
    assert bind_address(entry) == "tcp://[2001:db8::7]:7777"
