"""Each command of docs/OPERATIONS.md, and where it was run."""

import re
from collections.abc import Iterator

from tests.unit.deploy.operations import PAGE, blocks, spans

TOOLS = (
    "c2patool", "cd", "docker", "exiftool", "fly", "git", "journalctl", "make", "pip", "python", "rclone", "sudo",
    "systemctl",
)  # fmt: skip
"""What a command within a sentence begins with; in a block all are commands."""

LISTED = r"""
# Run by tests/unit/deploy/test_operations.py::test_the_command_that_makes_up_a_name_writes_it_into_fly_toml
app="tigerbrush-$(openssl rand -hex 4)"
sed -i.bak "s/^app = .*/app = \"$app\"/" fly.toml
rm fly.toml.bak
fly apps create "$app"

# Run by tests/integration/deploy/test_operations.py::test_a_backup_brings_back_what_was_there, without the container
docker compose exec -T postgres pg_dump --username tigerbrush --format custom tigerbrush > backup.dump
docker compose exec -T postgres pg_restore --username tigerbrush --dbname tigerbrush --clean --if-exists < backup.dump

# Run by tests/integration/deploy/test_operations.py::test_a_member_who_asked_for_it_is_forgotten, without the container
docker compose exec -T worker python - < forget.py
cd /app

# Run by tests/integration/deploy/test_operations.py::test_what_tries_out_signing_is_taken_by_the_settings
python -m worker credentials

# Run by tests/integration/deploy/test_compose.py::test_members_reach_the_bucket_and_nothing_else
cp .env.example .env

# Run by tests/e2e/test_doctor.py::test_all_is_well_in_the_house
python -m bot doctor
python -m worker doctor
docker compose exec bot python -m bot doctor
fly ssh console --process-group bot --command "/opt/venv/bin/python -m bot doctor"

# Run by tests/e2e/test_sandbox.py::test_it_uses_nothing_in_earnest_stands_alone_and_leaves_nothing_running
make run
python -m bot
python -m worker
python -m db migrate

# Run by tests/integration/db/test_ledger.py::test_the_audit_says_that_all_is_counted
python -m db audit

# Run by tests/integration/db/test_ledger.py::test_whom_a_provider_means_is_told_by_the_hash_that_it_was_given
python -m db member HASH

# Run by tests/unit/worker/test_marking.py::test_each_file_says_what_it_is, with other options
exiftool -G1 -XMP:all FILE

# Looked up in Compose itself by tests/integration/deploy/test_compose.py::test_compose_knows_each_command_of_the_page
docker compose build
docker compose exec postgres psql --username tigerbrush
docker compose logs
docker compose logs bot worker
docker compose ps
docker compose stop bot worker
docker compose up --build --detach
docker compose up --detach
docker compose up --detach --scale worker=3
docker compose version

# Looked up in flyctl's source by tests/unit/deploy/test_operations.py::test_each_fly_command_is_one_that_flyctl_knows
fly apps list
fly auth login
fly checks list
fly deploy
fly deploy --ha=false --build-arg REVISION=$(git rev-parse HEAD) --build-arg SOURCE=$(git remote get-url origin)
fly deploy --image IMAGE_OF_THE_RELEASE_BEFORE
fly launch
fly logs
fly logs | grep '"job_id": 17'
fly machine restart MACHINE_ID
fly mpg attach CLUSTER_ID
fly mpg attach NEW_CLUSTER_ID
fly mpg backup create CLUSTER_ID
fly mpg backup list CLUSTER_ID
fly mpg connect CLUSTER_ID
fly mpg create --name tigerbrush-db --plan basic --pg-major-version 17 --region iad
fly mpg detach CLUSTER_ID
fly mpg list
fly mpg restore CLUSTER_ID --backup-id BACKUP_ID
fly mpg status CLUSTER_ID
fly postgres attach YOUR_APP-db --app YOUR_APP
fly postgres backup create --app YOUR_APP-db
fly postgres backup enable --app YOUR_APP-db
fly postgres backup list --app YOUR_APP-db
fly postgres backup restore YOUR_APP-db2 --app YOUR_APP-db --restore-target-name BACKUP_ID
fly postgres connect --app YOUR_APP-db --database DATABASE_NAME
fly postgres create --name YOUR_APP-db --region iad --initial-cluster-size 1 --vm-size shared-cpu-1x --volume-size 10
fly releases --image
fly scale count bot=0 bot2=0
fly scale count bot=0 worker=0
fly scale count bot=1 worker=3
fly scale count bot=2 worker=3
fly scale show
fly secrets import --stage
fly secrets list
fly secrets set
fly secrets set --stage DATABASE_LISTEN_URL='postgresql://fly-user:PASSWORD@direct.CLUSTER_ID.flympg.net/fly-db'
fly secrets set C2PA_PRIVATE_KEY="$(cat key.pem)"
fly secrets unset --stage DATABASE_URL
fly ssh console --process-group worker
fly status
fly status --app YOUR_APP-db
fly storage create
fly storage list
fly storage update

# By hand, once, on a machine that systemd runs: no test has one
journalctl --unit 'tigerbrush-*' --follow
sudo cp /opt/tigerbrush/docs/systemd/* /etc/systemd/system/
sudo git clone REPOSITORY /opt/tigerbrush
sudo install --mode 0600 /opt/tigerbrush/.env.example /etc/tigerbrush.env
sudo /opt/tigerbrush/.venv/bin/pip install --no-deps --require-hashes -r /opt/tigerbrush/requirements/runtime.txt
sudo python3 -m venv /opt/tigerbrush/.venv
sudo systemctl daemon-reload
sudo systemctl enable --now tigerbrush-bot tigerbrush-worker@1
sudoedit /etc/tigerbrush.env
systemctl restart 'tigerbrush-*'
systemctl restart tigerbrush-bot 'tigerbrush-worker@*'
systemctl status 'tigerbrush-*'

# Nowhere: others' tools, as their own pages have them
c2patool FILE
git pull
pip install
rclone sync
"""


def on_the_page() -> set[str]:
    """What is joined by `&&` is taken apart."""
    within = [span for span in spans(_without_blocks()) if span.split(" ")[0] in TOOLS and span not in TOOLS]
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return {command for line in (*lines, *within) for command in line.split(" && ")}


def places() -> Iterator[tuple[str, str]]:
    """Each command that is listed, and its place."""
    place = ""
    for line in LISTED.split("\n"):
        if line.startswith("# "):
            place = line.removeprefix("# ")
        elif line:
            yield line, place


def _without_blocks() -> str:
    return re.sub(r"^( *)```\w*\n.*?^\1```$", "", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
