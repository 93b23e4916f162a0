"""Each variable that is wrong is named, with what it should be, and no secret is shown."""

from decimal import Decimal

import pytest

from bot.settings import BotSettings
from core.policy import Limits
from core.rules import CAUTIOUS_CREDITS_PER_MONTH, Allowance, House, Spending
from core.settings import DatabaseSettings, Settings, load
from worker.settings import WorkerSettings

GOOD = {
    "DATABASE_URL": "postgres://user:hunter2@db/tigerbrush",
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "BUCKET_NAME": "tigers",
    "STABILITY_API_KEY": "sk-1",
    "DISCORD_TOKEN": "token",
}

CHAIN = r"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
SECRET_KEY = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in {field.upper() for cls in (BotSettings, WorkerSettings) for field in cls.model_fields}:
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_the_defaults_do_for_a_deployment_that_sets_what_it_must() -> None:
    worker, bot = load(WorkerSettings), load(BotSettings)
    assert worker.stability_api_host == "https://api.stability.ai"
    assert bot.stability_model == "core"
    assert bot.discord_api_base == "https://discord.com/api/v10"


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        (
            "DATABASE_URL",
            "mysql://db",
            "DATABASE_URL: is not a Postgres URL; it should be a Postgres URL, such as",
        ),
        ("DATABASE_URL", "", "DATABASE_URL: is missing; it should be a Postgres URL"),
        (
            "STABILITY_API_KEY",
            "",
            "STABILITY_API_KEY: is missing; it should be a key from platform.stability.ai.",
        ),
        ("STABILITY_API_HOST", "api.stability.ai", "STABILITY_API_HOST: is not an http or https URL"),
        (
            "PUBLIC_BUCKET_URL",
            "https://example.com/?x",
            "PUBLIC_BUCKET_URL: has more to it than a host and a path",
        ),
        ("WORKER_CONCURRENCY", "many", "it should be a number of pictures painted at once, from 1 to 200."),
        (
            "LINK_TTL_SECONDS",
            "9999999",
            "it should be a number of seconds from 60 to 7776000 (90 days, with Tigris;",
        ),
        ("BUCKET_NAME", "x", "BUCKET_NAME: has 1 characters; it should be a bucket's name: 3 to 63 small"),
        ("BUCKET_NAME", "Tigers", "BUCKET_NAME: has 'T' in it; it should be a bucket's name: 3 to 63 small"),
        ("BUCKET_NAME", "the_tigers", "BUCKET_NAME: has '_' in it; it should be"),
        (
            "BUCKET_NAME",
            "ti..gers",
            "is an address, or begins or ends with a sign, or has a dot",
        ),
        ("BUCKET_NAME", "10.0.0.1", "BUCKET_NAME: is an address, or begins"),
        ("AWS_REGION", "eu west 1", "it should be a region's name; Tigris wants auto"),
        ("AWS_ENDPOINT_URL_S3", "s3.example.com", "AWS_ENDPOINT_URL_S3: is not an http or https URL; it"),
        (
            "AWS_ENDPOINT_URL_S3",
            "https://tigers.s3.example.com",
            "AWS_ENDPOINT_URL_S3: begins with the bucket's name (tigers.s3.example.com), which is put before "
            "it anyway, unless BUCKET_ADDRESSING is path; it should be the http or https URL of an S3 "
            "service, without the bucket",
        ),
        (
            "AWS_ENDPOINT_URL_S3",
            "https://account.r2.cloudflarestorage.com/tigers/",
            "AWS_ENDPOINT_URL_S3: ends with the bucket's name (tigers), which is added to it; it should be",
        ),
        (
            "AWS_ENDPOINT_URL_S3",
            "http://minio:9000",
            "AWS_ENDPOINT_URL_S3: has a host without a dot (minio), to which Discord takes no link, and "
            "PUBLIC_BUCKET_URL is unset; it should be",
        ),
        ("AWS_ENDPOINT_URL_S3", "https://s3.example.com/?x", "has more to it than a host and a path"),
        ("AWS_ENDPOINT_URL_S3", "https://me:hunter2@s3.example.com", "has more to it than a host and a path"),
        ("AWS_ENDPOINT_URL_S3", "https://bücher.example", "has letters that no URL has"),
        (
            "PUBLIC_BUCKET_URL",
            "http://localhost/tigers",
            "PUBLIC_BUCKET_URL: has a host without a dot (localhost), to which Discord takes no link; it",
        ),
        (
            "HTTPS_PROXY",
            "socks5://me:hunter2@proxy:1",
            "HTTPS_PROXY: is not an http or https URL;",
        ),
        (
            "C2PA_CERTIFICATE",
            "/run/secrets/chain.pem",
            "C2PA_CERTIFICATE: is no certificate as PEM; it should be",
        ),
        (
            "C2PA_CERTIFICATE",
            CHAIN,
            "C2PA_PRIVATE_KEY: is missing; it should be the certificate's private key",
        ),
        ("C2PA_PRIVATE_KEY", "hunter2", "C2PA_PRIVATE_KEY: is no private key as PEM; it should be"),
        ("C2PA_PRIVATE_KEY", SECRET_KEY, "C2PA_PRIVATE_KEY: stands without C2PA_CERTIFICATE; it should be"),
        (
            "HEALTH_HOST",
            "two words",
            "HEALTH_HOST: is not an address; it should be",
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_would_be_right(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, complaint: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(SystemExit) as exit_:
        load(WorkerSettings)
    assert exit_.value.code == 78
    said = capsys.readouterr().err
    assert complaint in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("given", "right"),
    [
        (
            {"AWS_ENDPOINT_URL_S3": "https://10.0.0.1", "BUCKET_ADDRESSING": "virtual"},
            "can be put (10.0.0.1)",
        ),
        (
            # The default endpoint is looked at as any other.
            {"BUCKET_NAME": "tigers.example.com", "BUCKET_ADDRESSING": "virtual"},
            "can be put (fly.storage.tigris.dev)",
        ),
        (
            {
                "AWS_ENDPOINT_URL_S3": "https://t3.storage.dev",
                "BUCKET_NAME": "tigers.example.com",
                "BUCKET_ADDRESSING": "virtual",
            },
            "can be put (t3.storage.dev), as BUCKET_ADDRESSING=virtual wants it",
        ),
        (
            {"AWS_ENDPOINT_URL_S3": "https://a.supabase.co/storage/v1/s3", "BUCKET_ADDRESSING": "virtual"},
            "can be put (a.supabase.co/storage/v1/s3)",
        ),
    ],
)
def test_a_bucket_that_storing_and_links_would_name_otherwise_is_refused(
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, str],
    right: str,
) -> None:
    for name, value in given.items():
        environment.setenv(name, value)
    with pytest.raises(SystemExit):
        load(WorkerSettings)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("AWS_ENDPOINT_URL_S3: is one before which no bucket's name like this can be ")
    assert right in line


@pytest.mark.parametrize(
    "written",
    [
        "{}",
        '"{}"',
        "'{}'\r",
        " {}\n",
        "\ufeff{}",
        "\u200b{}\xa0",
        "{} # what it is for",
        '"{}"  # "this"',
        "{name}={}",
        "export {name}='{}'",
    ],
)
def test_a_value_is_taken_as_it_was_meant(environment: pytest.MonkeyPatch, written: str) -> None:
    meant = {**GOOD, "LEASE_SECONDS": "20", "LOG_LEVEL": "debug", "HEALTH_HOST": "[::1]"}
    for name, value in meant.items():
        environment.setenv(name, written.format(value, name=name))
    environment.setenv("WORKER_CONCURRENCY", written.format("", name="WORKER_CONCURRENCY"))
    worker, bot = load(WorkerSettings), load(BotSettings)
    assert worker.dsn.startswith(GOOD["DATABASE_URL"])
    assert worker.stability_api_key.get_secret_value() == "sk-1"
    assert bot.discord_token.get_secret_value() == "token"
    assert (worker.bucket_name, worker.lease_seconds) == ("tigers", 20)
    assert (worker.log_level, worker.health_host) == ("DEBUG", "::1")
    assert worker.worker_concurrency == 4


def test_a_token_is_taken_with_the_word_before_it(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DISCORD_TOKEN", "Bot token")
    environment.setenv("STABILITY_API_KEY", "Bearer sk-1")
    assert load(BotSettings).discord_token.get_secret_value() == "token"
    assert load(WorkerSettings).stability_api_key.get_secret_value() == "sk-1"


REFUSED = [
    (WorkerSettings, "LEASE_SECONDS", "60s", "LEASE_SECONDS: is '60s'; it should be a number of seconds"),
    (WorkerSettings, "PARKED_BYTES_MAX", "1.000", "PARKED_BYTES_MAX: is '1.000 (thousands?)'; it should"),
    (WorkerSettings, "HEALTH_HOST", "a..b", "HEALTH_HOST: is not an address; it should be an address of"),
    (
        WorkerSettings,
        "HEALTH_HOST",
        "http://localhost",
        "or :: for all of them. It is 'http://local",
    ),
    (WorkerSettings, "STABILITY_API_HOST", "https://a..b", "STABILITY_API_HOST: is not an http or https URL"),
    (WorkerSettings, "STABILITY_API_HOST", "https://u:hunter2@a.b", "has more to it than a host and a path"),
    (WorkerSettings, "STABILITY_API_HOST", "https://a.b/v2beta", "has a version in its path, which is added"),
    (WorkerSettings, "HTTPS_PROXY", "http://${PROXY}", "HTTPS_PROXY: is not an http or https URL; it should"),
    (BotSettings, "DOWNLOAD_REACTIONS", "<:tiger:1>", "names an emoji of a server's own, and other servers"),
    (BotSettings, "DOWNLOAD_REACTIONS", "📥 ⬇️", "is not a list of emoji; it should be emoji, separated by"),
    (
        BotSettings,
        "DOWNLOAD_REACTIONS",
        "猫",
        "is not a list of emoji; it should be emoji",
    ),
]


@pytest.mark.parametrize(("process", "name", "value", "complaint"), REFUSED)
def test_what_would_go_wrong_later_is_refused_with_what_it_is(
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    process: type[Settings],
    name: str,
    value: str,
    complaint: str,
) -> None:
    environment.setenv(name, value)
    with pytest.raises(SystemExit):
        load(process)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{name}: ")
    assert complaint.casefold() in line.casefold()
    assert "hunter2" not in line


def test_a_name_that_a_file_has_spoiled_is_shown(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("DISCORD_TOKEN")
    environment.setenv("\ufeffDISCORD_TOKEN", "token")
    with pytest.raises(SystemExit):
        load(BotSettings)
    assert "DISCORD_TOKEN: is missing, and '\\ufeffDISCORD_TOKEN' is not its name;" in capsys.readouterr().err


@pytest.mark.parametrize(
    "reactions", ["📥,⬇️", "1️⃣", "🏳️\u200d🌈, 👍🏽", "©,™️,Ⓜ️", "☃,↔️", "🇩🇪,🏴\U000e0067\U000e0062"]
)
def test_emoji_of_all_kinds_are_taken(environment: pytest.MonkeyPatch, reactions: str) -> None:
    environment.setenv("DOWNLOAD_REACTIONS", reactions)
    assert load(BotSettings).reactions


def test_an_unknown_model_is_refused_with_those_on_offer(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("STABILITY_MODEL", "dall-e")
    with pytest.raises(SystemExit):
        load(BotSettings)
    assert (
        "STABILITY_MODEL: is not a model on offer; it should be one of core, ultra" in capsys.readouterr().err
    )


def test_secrets_do_not_show_in_a_printed_setting() -> None:
    assert "hunter2" not in repr(load(DatabaseSettings))


def test_a_separate_listen_address_means_that_the_other_is_a_pooler(environment: pytest.MonkeyPatch) -> None:
    assert not load(DatabaseSettings).pooled
    environment.setenv("DATABASE_LISTEN_URL", "postgres://direct/tigerbrush")
    assert load(DatabaseSettings).pooled


def test_limits_are_read_and_without_one_of_all_a_cautious_one_is_there(
    environment: pytest.MonkeyPatch,
) -> None:
    assert load(BotSettings).limits == Limits()
    cautious = House(in_all=Spending(credits_per_month=CAUTIOUS_CREDITS_PER_MONTH), is_first=True)
    assert load(BotSettings).first_house == cautious
    environment.setenv("JOBS_PER_MEMBER_MAX", "3")
    environment.setenv("CREDITS_PER_MONTH", "1500.5")
    environment.setenv("CREDITS_PER_MEMBER_PER_MONTH", "20")
    assert load(BotSettings).limits == Limits(jobs_per_member=3)
    assert load(BotSettings).first_house == House(
        in_all=Spending(credits_per_month=Decimal("1500.5")),
        each_member=Allowance(credits_per_month=Decimal(20)),
    )


def test_a_limit_that_is_no_number_is_refused_in_words(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("CREDITS_PER_MONTH", "plenty")
    with pytest.raises(SystemExit):
        load(BotSettings)
    assert (
        "it should be a number of credits (0.01 USD each), or unset for no limit" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("ids", "count", "found"),
    [
        (None, None, None),
        (None, "4", None),
        ("0", "1", [0]),
        ("3, 1-2,2", "4", [1, 2, 3]),
        ("0-1", None, "DISCORD_SHARD_IDS: needs DISCORD_SHARD_COUNT; it should be numbers below"),
        ("0-4", "4", "DISCORD_SHARD_IDS: has 4, and there are 4 shards, from 0; it should be numbers below"),
        ("2-1", "4", "DISCORD_SHARD_IDS: has a range that ends before it begins, 2-1; it should be"),
        ("0,,1", "4", "DISCORD_SHARD_IDS: is not a list of numbers; it should be"),
        ("-1", "4", "DISCORD_SHARD_IDS: is not a list of numbers; it should be"),
        ("0", "0", "it should be a number of shards from 1 to 10000, or unset"),
    ],
)
def test_shards_are_named_by_number_or_refused(
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ids: str | None,
    count: str | None,
    found: list[int] | str | None,
) -> None:
    for name, value in (("DISCORD_SHARD_IDS", ids), ("DISCORD_SHARD_COUNT", count)):
        if value is not None:
            environment.setenv(name, value)
    if not isinstance(found, str):
        assert load(BotSettings).shard_ids == found
        return
    with pytest.raises(SystemExit):
        load(BotSettings)
    (line,) = capsys.readouterr().err.splitlines()
    assert found in line


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://api.stability.ai", "http://secure:3128"),
        ("wss://gateway.discord.gg", "http://secure:3128"),
        ("http://s3.example.com", "http://plain:3128"),
        # This machine is never asked by way of another.
        ("http://127.0.0.1:9000", None),
        ("http://localhost:9000", None),
        ("https://here.example.org/x", None),
        ("https://example.org", None),
        ("https://notexample.org", "http://secure:3128"),
        ("https://10.0.0.7:9000", None),
        ("https://10.0.0.7:9001", "http://secure:3128"),
        ("https://10.1.2.3", None),
        ("https://10.2.2.3", "http://secure:3128"),
        ("https://s3.example.net", None),
    ],
)
def test_a_proxy_is_for_what_is_not_excepted(
    environment: pytest.MonkeyPatch, url: str, found: str | None
) -> None:
    environment.setenv("HTTPS_PROXY", "secure:3128")
    # As curl reads it.
    environment.setenv("http_proxy", " http://plain:3128\n")
    environment.setenv("NO_PROXY", "nowhere, .example.org,10.0.0.7:9000 10.1.0.0/16 *.example.net")
    assert load(BotSettings).proxy_for(url) == found
    environment.setenv("NO_PROXY", "*")
    assert load(BotSettings).proxy_for(url) is None
