import json
import os
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from saxsdog.errors import SettingsError
from saxsdog.io.images import IMAGE_SUFFIXES
from saxsdog.schema import schema_folder
from saxsdog.settings import Settings, WatcherMode, default_state_folder, load_settings


def written(folder, text):
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_gives_the_defaults(tmp_path):
    settings = load_settings(written(tmp_path, ""))
    assert settings == Settings.defaults([])
    assert settings.roots == ()
    assert settings.state is None
    assert settings.bind is None
    assert settings.suffixes == (".tif", ".tiff", ".cbf", ".edf", ".h5", ".hdf5", ".nxs")
    assert (settings.output.relative, settings.output.folder) == ("../work", None)
    assert settings.workers.number is None
    assert settings.workers.most == 4 * os.cpu_count()
    assert settings.workers.image_timeout == 60
    assert settings.watcher.mode is WatcherMode.AUTO
    assert vars(settings.walk) == {"interval": 60, "full_interval": 900, "clock_slack": 5}
    assert vars(settings.settling) == {"truncated": 30, "longest": 600}
    assert settings.path_map == ()
    assert (settings.legacy.enabled, settings.legacy.secret) == (False, "")
    assert settings.legacy.allow == ("stat", "plot", "get", "fileslist", "listdir")
    assert settings.legacy.peers == (ip_network("127.0.0.1"),)
    assert (settings.log.file, settings.log.level) == (None, "info")
    assert settings.limits.largest_plan == 2048e6
    assert settings.limits.most_channels == 32


def test_the_images_of_a_server_are_those_of_the_command_line():
    assert Settings.defaults([]).suffixes == IMAGE_SUFFIXES


def test_defaults_work_in_the_folders_that_are_given():
    assert Settings.defaults([Path("/data")]).roots == (Path("/data"),)


def test_every_key_of_the_example_arrives(tmp_path):
    example = schema_folder() / "examples" / "good" / "settings" / "everything.json"
    settings = Settings.from_document(json.loads(example.read_text(encoding="utf-8")), tmp_path)
    assert settings.roots == (Path("/data/saxs"), Path("/data/archive"))
    assert settings.state == Path("/var/lib/saxsdog")
    assert settings.suffixes == (".tif", ".cbf")
    assert settings.bind == "tcp://192.0.2.7:7777"
    assert settings.output.relative == "../processed"
    assert vars(settings.workers) == {"number": 8, "most": 16, "image_timeout": 30.5}
    assert vars(settings.watcher) == {"mode": WatcherMode.POLLING, "poll_interval": 0.5}
    assert vars(settings.walk) == {"interval": 30, "full_interval": 600, "clock_slack": 2}
    assert vars(settings.settling) == {"truncated": 20, "longest": 300}
    assert settings.path_map == (("/mnt/detector", "/data/saxs"),)
    assert settings.legacy.enabled
    assert settings.legacy.secret.startswith("an example")
    assert settings.legacy.allow == ("stat", "plot", "new")
    assert settings.legacy.peers == (ip_network("192.0.2.9"), ip_network("2001:db8::/64"))
    assert vars(settings.log) == {
        "file": tmp_path / "server.log",
        "level": "debug",
        "max_bytes": 1_000_000,
        "keep": 3,
    }
    assert vars(settings.limits) == {"largest_plan": 512_000_000, "most_channels": 8}


def test_paths_start_at_the_folder_of_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etc").mkdir()
    text = """
        roots = ["data", "../archive"]
        state = "state"
        output.folder = "curves"
        log.file = "server.log"
    """
    written(tmp_path / "etc", text)
    settings = load_settings(Path("etc/settings.toml"))
    base = tmp_path / "etc"
    assert settings.roots == (base / "data", base / "../archive")
    assert settings.state == base / "state"
    assert settings.output.folder == base / "curves"
    assert settings.log.file == base / "server.log"


def test_a_tilde_is_the_home_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    settings = load_settings(written(tmp_path, 'roots = ["~/data"]'))
    assert settings.roots == (tmp_path / "home" / "data",)


def test_the_home_of_nobody_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="expected a path"):
        load_settings(written(tmp_path, 'roots = ["~nobody-of-this-name/data"]'))


# ------------------------------------------------------------------ tables of single servers

TWO_SERVERS = """
roots = ["/data"]
[walk]
interval = 30
clock_slack = 1

[server.Pilatus1M.walk]
interval = 10

[server."Eiger 4M"]
roots = ["/eiger"]
watcher.mode = "off"
"""


def test_the_table_of_a_server_lies_over_what_holds_for_all(tmp_path):
    settings = load_settings(written(tmp_path, TWO_SERVERS))
    pilatus = settings.for_server("Pilatus1M")
    assert pilatus.roots == (Path("/data"),)
    assert vars(pilatus.walk) == {"interval": 10, "full_interval": 900, "clock_slack": 1}
    eiger = settings.for_server("Eiger 4M")
    assert eiger.roots == (Path("/eiger"),)
    assert eiger.watcher.mode is WatcherMode.OFF
    assert eiger.walk == settings.walk


def test_a_server_without_a_table_has_what_holds_for_all(tmp_path):
    settings = load_settings(written(tmp_path, TWO_SERVERS))
    assert settings.for_server("other") == settings
    assert settings.walk.interval == 30


def test_a_wrong_key_in_the_table_of_a_server_is_named_with_it(tmp_path):
    with pytest.raises(SettingsError, match=r'\[server\."a"\]: walk\.interval: .* got 0'):
        load_settings(written(tmp_path, "[server.a.walk]\ninterval = 0"))


@pytest.mark.parametrize("text", ["server = 1", "server.a = 1", "[[server]]\nroots = []"])
def test_a_server_must_be_a_table(tmp_path, text):
    with pytest.raises(SettingsError, match="server: expected tables"):
        load_settings(written(tmp_path, text))


def test_a_table_of_a_server_holds_no_others(tmp_path):
    with pytest.raises(SettingsError, match="got 'server'"):
        load_settings(written(tmp_path, "[server.a.server.b]\nroots = []"))


def test_a_command_line_can_replace_a_setting(tmp_path):
    settings = load_settings(written(tmp_path, TWO_SERVERS)).for_server("Pilatus1M")
    changed = replace(settings, workers=replace(settings.workers, number=3))
    assert changed.workers.number == 3
    assert changed.walk == settings.walk


# -------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("\nroots = data", r"settings\.toml: expected TOML: .*line 2"),
        ("state = 'a'\nstate = 'b'\n", r"expected TOML: .*line 2"),
        (
            "suffix = ['.tif']",
            r"settings\.toml: document: .*'suffix' \(did you mean 'suffixes'\?\)",
        ),
        ("[walk]\nintervall = 3", "walk: .*'intervall'"),
        ("[walk]\ninterval = inf", "walk.interval: expected at most 86400"),
        ("[walk]\ninterval = nan", "walk.interval: expected a finite number"),
        ("[walk]\ninterval = true", "walk.interval: expected a number"),
        ("state = 2024-01-31", "state: expected a text, got .*2024"),
        ("[workers]\nnumber = 1000000", "workers.number: expected at most 1024"),
        ("[limits]\nmost_channels = 0", "limits.most_channels: expected at least 1"),
        ("suffixes = ['tif']", "suffixes: expected a suffix with its dot, got 'tif'"),
        ("suffixes = []", "suffixes: expected at least 1 items"),
        ("feeder.path_map = [['/a', 'b']]", "path_map: expected an absolute path, got 'b'"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path, text, complaint):
    with pytest.raises(SettingsError, match=complaint):
        load_settings(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml: expected a settings file"):
        load_settings(tmp_path / "none.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "settings.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings(tmp_path / "settings.toml")


def test_a_file_of_thousand_brackets_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        load_settings(written(tmp_path, f"a = {'[' * 100_000}"))


# -------------------------------------------------------------------------- where state goes


@pytest.mark.skipif(os.name == "nt", reason="Windows has a place of its own")
def test_state_goes_where_the_system_wants_it(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_state_folder("Pilatus 1M") == tmp_path / "saxsdog" / "Pilatus 1M"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_state_folder("a") == tmp_path / ".local" / "state" / "saxsdog" / "a"
    monkeypatch.setattr("sys.platform", "darwin")
    assert default_state_folder("a") == tmp_path / "Library/Application Support/saxsdog/a"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert default_state_folder("a") == tmp_path / "local" / "saxsdog" / "a"


def test_servers_never_share_their_state_nor_leave_its_folder():
    names = ["a/b", "a\\b", "a%2Fb", "..", ".", "%2E.", "a:b", "a", ".a", "ä", "a b", "a/../../b"]
    folders = {default_state_folder(name) for name in names}
    assert len(folders) == len(names)
    assert {folder.parent for folder in folders} == {default_state_folder("a").parent}
    assert not {folder.name for folder in folders} & {".", "..", ""}


# ------------------------------------------------------------------ clients of the original


@pytest.mark.parametrize(
    "text",
    [
        'secret = "sesame open"\nenabled = true',
        "secret = 734529",
        'secret = ["sesame open"]',
        'secret = "sesame open"\nunknown = 1',
        'secret = "' + "sesame " * 200 + '"',
    ],
)
def test_no_message_shows_the_secret_of_old_clients(tmp_path, text):
    with pytest.raises(SettingsError, match="legacy") as caught:
        load_settings(written(tmp_path, f"[legacy]\n{text}"))
    assert "sesame" not in str(caught.value)
    assert "734529" not in str(caught.value)
    assert "sesame" not in repr(Settings.from_document({"legacy": {"secret": "sesame"}}, tmp_path))


@pytest.mark.parametrize("peer", ["beamline", "192.0.2.1/24", "192.0.2", "300.1.1.1", "tcp://*"])
def test_peers_are_addresses_or_networks(tmp_path, peer):
    with pytest.raises(SettingsError, match=r"legacy\.peers: expected an address"):
        load_settings(written(tmp_path, f'[legacy]\npeers = ["{peer}"]'))


def test_each_server_may_have_a_secret_of_its_own_for_old_clients(tmp_path):
    text = """
        [legacy]
        enabled = true
        secret = "the secret that holds for all"
        [server.a.legacy]
        secret = "another one for this server"
        [server.b.legacy]
        enabled = false
    """
    settings = load_settings(written(tmp_path, text))
    assert settings.for_server("a").legacy.secret.startswith("another")
    assert settings.for_server("a").legacy.enabled
    assert not settings.for_server("b").legacy.enabled
    assert settings.for_server("c").legacy == settings.legacy
