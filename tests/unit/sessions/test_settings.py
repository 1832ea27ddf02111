from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sessions.errors import BadSetting
from sessions.settings import SETTINGS, Address, CertFiles, OpenId, Settings, Webhook, parse_address


def test_defaults_are_those_people_read():
    settings = Settings.from_env({})
    assert settings.http == Address("127.0.0.1", 8080)
    assert settings.websocket == Address("127.0.0.1", 6080)
    assert settings.listen == (Address("0.0.0.0", 5500),)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.public_websocket == "ws://127.0.0.1:6080/"
    assert settings.allowed_origins == (
        "http://127.0.0.1:8080",
        "http://localhost:8080",
        "http://[::1]:8080",
    )
    assert settings.database_url == f"sqlite:///{Path('var').absolute()}/reachback.db"
    assert settings.public_host is None


def test_public_names():
    settings = Settings.from_env({"REACHBACK_PUBLIC_URL": "https://help.example.org/", "REACHBACK_HTTP": "[::]:80"})
    assert settings.public_url == "https://help.example.org"
    assert settings.public_websocket == "wss://help.example.org:6080/"
    assert settings.allowed_origins == ("https://help.example.org",)


def test_a_wildcard_is_no_address_to_browse_to():
    assert Settings.from_env({"REACHBACK_HTTP": "0.0.0.0:8080"}).public_url == "http://127.0.0.1:8080"


def test_without_a_proxy_tls_makes_the_public_addresses_encrypted():
    settings = Settings.from_env({"REACHBACK_WEB_TLS_CERT": "/a.pem", "REACHBACK_WEB_TLS_KEY": "/a.key"})
    assert settings.public_url == "https://127.0.0.1:8080"
    assert settings.public_websocket == "wss://127.0.0.1:6080/"
    assert "https://127.0.0.1:8080" in settings.allowed_origins


def test_lists():
    settings = Settings.from_env(
        {
            "REACHBACK_LISTEN": "0.0.0.0:5500, [::1]:5501",
            "REACHBACK_TRUSTED_PROXIES": "10.0.0.0/8,::1",
            "REACHBACK_ALLOWED_ORIGINS": "https://a.example, https://b.example",
        }
    )
    assert settings.listen == (Address("0.0.0.0", 5500), Address("::1", 5501))
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    assert settings.allowed_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REACHBACK_HTTP", "8080"),
        ("REACHBACK_HTTP", "host:99999"),
        ("REACHBACK_LISTEN", "::1:5500"),
        ("REACHBACK_LISTEN", ","),
        ("REACHBACK_PUBLIC_URL", "http://help.example.org:abc"),
        ("REACHBACK_PUBLIC_URL", "http://help.example.org:99999"),
        ("REACHBACK_MAX_CALLS", "none"),
        ("REACHBACK_MAX_CALLS", "0"),
        ("REACHBACK_GREETING_SECONDS", "nan"),
        ("REACHBACK_GREETING_SECONDS", "-1"),
        ("REACHBACK_PUBLIC_URL", "help.example.org"),
        ("REACHBACK_PUBLIC_WEBSOCKET", "http://help.example.org"),
        ("REACHBACK_TRUSTED_PROXIES", "proxy"),
        ("REACHBACK_SESSION_PORTS", "5501-"),
        ("REACHBACK_SESSION_PORTS", "5599-5501"),
        ("REACHBACK_SESSION_PORTS", "1-65535"),
        ("REACHBACK_SESSION_PORTS", "0-3"),
        ("REACHBACK_SESSION_PORTS", "many"),
        ("REACHBACK_PLAIN_HTTP_CUSTOMERS", "perhaps"),
        ("REACHBACK_FILE_TRANSFER", "1"),
        ("REACHBACK_PUBLIC_HOST", "help.example.org:5500"),
        ("REACHBACK_PUBLIC_HOST", "[2001:db8::1]"),
        ("REACHBACK_PUBLIC_HOST", "hélp.example.org"),
        ("REACHBACK_PUBLIC_HOST", "-x.example.org"),
        ("REACHBACK_PUBLIC_URL", "https://hélp.example.org"),
        ("REACHBACK_TIME_ZONE", "Mars/Olympus"),
        ("REACHBACK_TIME_ZONE", "../etc/passwd"),
        ("REACHBACK_CALL_TLS_CERT", "/etc/reachback/cert.pem"),
        ("REACHBACK_CALL_TLS_KEY", "/etc/reachback/key.pem"),
        ("REACHBACK_OPENID_ISSUER", "http://login.example.org"),
        ("REACHBACK_OPENID_ISSUER", "http://localhost.example.org:8080"),
        ("REACHBACK_OPENID_ISSUER", "login.example.org"),
        ("REACHBACK_OPENID_ISSUER", "https://login.example.org"),
        ("REACHBACK_OPENID_CLIENT_SECRET_FILE", "/etc/reachback/openid.secret"),
        ("REACHBACK_NODE", "node 1"),
        ("REACHBACK_NODE", "../node"),
        ("REACHBACK_LOG_FORMAT", "xml"),
        ("REACHBACK_METRICS", "everybody"),
        ("REACHBACK_WEBHOOK_URL", "shop.example.org"),
    ],
)
def test_a_bad_value_names_its_variable(name, value):
    with pytest.raises(BadSetting, match=name):
        Settings.from_env({name: value})


def test_what_concerns_customers_is_off_unless_asked_for(tmp_path):
    settings = Settings.from_env({"REACHBACK_STATE_DIR": str(tmp_path)})
    assert (settings.session_ports, settings.call_tls, settings.time_zone) == ((), None, None)
    assert (settings.plain_http_customers, settings.file_transfer) == (False, False)
    assert settings.kit_dir == tmp_path / "kit"


def test_what_concerns_customers_is_read(tmp_path):
    settings = Settings.from_env(
        {
            "REACHBACK_SESSION_PORTS": "5501 - 5503",
            "REACHBACK_CALL_TLS_CERT": "/etc/reachback/cert.pem",
            "REACHBACK_CALL_TLS_KEY": "/etc/reachback/key.pem",
            "REACHBACK_PLAIN_HTTP_CUSTOMERS": "Yes",
            "REACHBACK_FILE_TRANSFER": "yes",
            "REACHBACK_TIME_ZONE": "Europe/Berlin",
            "REACHBACK_KIT_DIR": str(tmp_path),
        }
    )
    assert settings.session_ports == (5501, 5502, 5503)
    assert settings.call_tls == CertFiles(Path("/etc/reachback/cert.pem"), Path("/etc/reachback/key.pem"))
    assert (settings.plain_http_customers, settings.file_transfer) == (True, True)
    assert (settings.time_zone, settings.kit_dir) == ("Europe/Berlin", tmp_path)
    assert Settings.from_env({"REACHBACK_SESSION_PORTS": "5501"}).session_ports == (5501,)


def test_addresses_print_as_they_are_written():
    for text in ("127.0.0.1:80", "[::1]:5500", "host.example:0"):
        assert str(parse_address(text)) == text


def test_the_key_is_made_once_and_is_its_owners(tmp_path):
    settings = Settings.from_env({"REACHBACK_STATE_DIR": str(tmp_path / "state")})
    key = settings.secret_key()
    assert len(key) == 32
    assert settings.secret_key() == key
    assert stat.S_IMODE((tmp_path / "state" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["secret_key"]


def test_a_damaged_key_is_refused_with_the_cure(tmp_path):
    (tmp_path / "secret_key").touch()
    with pytest.raises(BadSetting, match=r"secret_key is damaged.*delete it"):
        Settings.from_env({"REACHBACK_STATE_DIR": str(tmp_path)}).secret_key()


def test_the_vault_opens_what_it_sealed_and_nothing_else(tmp_path):
    one = Settings.from_env({"REACHBACK_STATE_DIR": str(tmp_path / "one")}).vault()
    other = Settings.from_env({"REACHBACK_STATE_DIR": str(tmp_path / "other")}).vault()
    sealed = one.seal("8letters")
    assert "8letters" not in sealed
    assert one.open(sealed) == "8letters"
    assert other.open(sealed) is None


def test_every_setting_is_documented_once():
    names = [setting.name for setting in SETTINGS]
    assert len(names) == len(set(names))
    assert all(setting.help and setting.default for setting in SETTINGS)


def test_an_openid_provider_is_set_up_by_three_settings_and_a_name(tmp_path):
    given = {
        "REACHBACK_OPENID_ISSUER": "https://login.example.org/realms/shop/",
        "REACHBACK_OPENID_CLIENT_ID": "reachback",
        "REACHBACK_OPENID_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
    }
    expected = OpenId("https://login.example.org/realms/shop", "reachback", tmp_path / "secret", "OpenID")
    assert Settings.from_env(given).openid == expected
    assert Settings.from_env(given | {"REACHBACK_OPENID_NAME": "Keycloak"}).openid.name == "Keycloak"
    assert Settings.from_env({}).openid is None


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080"])
def test_only_a_provider_on_this_very_machine_may_do_without_tls(host):
    given = {"REACHBACK_OPENID_CLIENT_ID": "reachback", "REACHBACK_OPENID_CLIENT_SECRET_FILE": "secret"}
    assert Settings.from_env(given | {"REACHBACK_OPENID_ISSUER": f"http://{host}"}).openid.issuer == f"http://{host}"


def test_a_register_with_a_password_stands_in_a_file_of_its_own(tmp_path):
    (tmp_path / "url").write_text("postgresql://reachback:hush@db/reachback\n")
    settings = Settings.from_env({"REACHBACK_DATABASE_URL_FILE": str(tmp_path / "url")})
    assert settings.database_url == "postgresql://reachback:hush@db/reachback"
    assert "hush" not in repr(settings)
    with pytest.raises(BadSetting, match=r"REACHBACK_DATABASE_URL_FILE.*cannot be read"):
        Settings.from_env({"REACHBACK_DATABASE_URL_FILE": str(tmp_path / "none")})


def test_nodes_share_a_key_and_have_names(tmp_path):
    shared = {"REACHBACK_SECRET_KEY_FILE": str(tmp_path / "key"), "REACHBACK_STATE_DIR": str(tmp_path / "state")}
    one = Settings.from_env({**shared, "REACHBACK_NODE": "node-1"})
    two = Settings.from_env({**shared, "REACHBACK_NODE": "node-2", "REACHBACK_STATE_DIR": str(tmp_path / "other")})
    assert (one.node, two.node, Settings.from_env({}).node) == ("node-1", "node-2", "main")
    assert one.secret_key() == two.secret_key() == (tmp_path / "key").read_bytes()


@pytest.mark.parametrize("url", ["https://shop.example.org/hook?key=hush", "https://me:hush@shop.example.org/hook"])
def test_an_address_for_webhooks_that_is_refused_is_not_repeated(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="REACHBACK_WEBHOOK_URL: ") as refused:
        Settings.from_env({"REACHBACK_WEBHOOK_URL": url, "REACHBACK_WEBHOOK_SECRET_FILE": str(tmp_path)})
    assert "hush" not in str(refused.value)


def test_a_webhook_has_an_address_and_a_secret(tmp_path):
    both = {"REACHBACK_WEBHOOK_URL": "https://shop.example.org/hook", "REACHBACK_WEBHOOK_SECRET_FILE": str(tmp_path)}
    assert Settings.from_env(both).webhook == Webhook("https://shop.example.org/hook", tmp_path)
    assert Settings.from_env({}).webhook is None
    for name, value in both.items():
        with pytest.raises(BadSetting, match="belong together"):
            Settings.from_env({name: value})


def test_who_may_read_metrics_and_how_logs_are_written():
    assert [str(network) for network in Settings.from_env({}).metrics] == ["127.0.0.1/32", "::1/128"]
    settings = Settings.from_env({"REACHBACK_METRICS": "none", "REACHBACK_LOG_FORMAT": "json"})
    assert (settings.metrics, settings.log_format) == ((), "json")


@pytest.mark.parametrize(
    ("host", "dialled"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("", "127.0.0.1"), ("192.0.2.7", "192.0.2.7")]
)
def test_where_a_program_of_this_machine_reaches_an_address(host: str, dialled: str) -> None:
    assert Address(host, 5500).from_here == Address(dialled, 5500)
