"""`python -m benchmarks.gallery`: pages and searches of a member with 50,000 pictures among a million."""

import argparse
import asyncio
import tempfile
from pathlib import Path

import asyncpg

from benchmarks.figures import p99, timings, told
from db.gallery import Gallery
from db.migrate import migrate
from db.pool import open_pool
from db.settings import DatabaseSettings
from sandbox.postgres import postgres

MEMBER = 7
PICTURES = 50_000
PAGE_SIZE = 6
ROUNDS = 1000

# Twenty words in changing company, so that a search has something to find and something to pass by.
FILL = """
insert into jobs (
    interaction_id, application_id, token_expires_at, member_id, channel_id, prompt, width, height, model,
    turn, reply_due_at, state, finished_at, started_at, revision, shown_revision, attempt, original_bytes
)
select n, 1, now(), case when n % ($1::bigint / $2::bigint) = 0 then $3 else 1000 + n % 5000 end, 1,
    concat_ws(
        ' ', 'a', words[1 + n % 20], words[1 + (n / 20) % 20], 'in the', words[1 + (n / 400) % 20], n % 997
    ),
    1024, 1024, 'core', n, now(), 'done', now(), now(), 3, 3, 1, 1500000
from generate_series(1, $1::bigint) as n,
    (select string_to_array('fox snow tower sea night garden river city glass moon paper horse storm '
        'forest desert lamp bridge winter island tiger', ' ') as words) as vocabulary
"""


async def run(url: str, rows: int) -> None:
    connection = await asyncpg.connect(url)
    await migrate(connection)
    print(f"filling {rows:,} rows ...", flush=True)
    await connection.execute("alter table jobs disable trigger user")
    await connection.execute(FILL, rows, PICTURES, MEMBER)
    await connection.execute("vacuum analyze jobs")
    ids = [row["id"] for row in await connection.fetch(
        "select id from jobs where member_id = $1 order by id desc", MEMBER
    )]  # fmt: skip
    await connection.close()
    settings = DatabaseSettings.model_validate({"database_url": url})
    async with open_pool(settings, name="benchmark") as pool:
        gallery = Gallery(pool)
        deep = ids[999 * PAGE_SIZE - 1]
        cases = {
            "page 1": {},
            "page 1,000": {"before_id": deep},
            "last page": {"after_id": 0},
            "search, common words": {"search": "fox snow"},
            "search, a rare word": {"search": "996"},
            "search, nothing found": {"search": "badger"},
        }
        for name, where in cases.items():
            rounds = ROUNDS if "search" not in name else 100
            taken = await timings(
                lambda where=where: gallery.page(  # type: ignore[misc]
                    owner_id=MEMBER, viewer_id=MEMBER, guild_id=None, limit=PAGE_SIZE, **where
                ),
                rounds,
            )
            print(f"{name:24} {told(taken, 2)} ms, p99 {p99(taken):.2f} ms   ({rounds} rounds)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gallery", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as directory, postgres(Path(directory) / "postgres") as url:
        asyncio.run(run(url, rows))


if __name__ == "__main__":
    main()
