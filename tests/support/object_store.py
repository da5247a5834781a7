"""A real S3 server of this process (SeaweedFS on loopback), made when first asked for, and fresh buckets."""

import atexit
import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

NUMBERS = count()
KEY, SECRET, REGION = "test-key", "test-secret-of-nobody", "us-east-1"
PATIENCE_S, PAUSE_S = 60, 0.1
# Each part of the server has a port of its own and one for gRPC.
PARTS = ("master", "volume", "filer", "s3")
ALONE = ("-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false", "-master.telemetry=false")
SMALL = ("-volume.max=1000", "-master.volumeSizeLimitMB=64", "-master.volumePreallocate=false")
# Every bucket gets volumes of its own: one at a time, instead of seven.
GROWTH = "[master.volume_growth]\ncopy_1 = 1\n"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket: its URL, what has to be in the environment to reach it, and a client that is not ours."""

    name: str
    environment: dict[str, str]
    client: Any

    @property
    def url(self) -> str:
        """The bucket's URL, without a slash at its end."""
        return f"s3://{self.name}"

    def versions(self, key: str) -> int:
        """Return how many versions of an object there are, delete markers among them."""
        found = self.client.list_object_versions(Bucket=self.name, Prefix=key)
        return len(found.get("Versions", [])) + len(found.get("DeleteMarkers", []))

    def uploads(self) -> int:
        """Return how many multipart uploads were begun and not ended."""
        return len(self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", []))


@functools.cache
def server() -> str:
    """Return the server's address; it ends with the process, by SIGKILL, and its files with it."""
    folder = Path(tempfile.mkdtemp(prefix="rtbf-objects-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    identity = {
        "name": "test",
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "identities.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "master.toml").write_text(GROWTH)
    ports = dict(zip([*PARTS, *(f"{part}.grpc" for part in PARTS)], _free_ports(2 * len(PARTS)), strict=True))
    command = [
        str(Path(sys.executable).parent / "weed"),
        "server",
        "-s3",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-dir={folder}",
        f"-s3.config={folder / 'identities.json'}",
        f"-s3.localSocket={folder / 's3.sock'}",
        f"-filer.localSocket={folder / 'filer.sock'}",
        *(f"-{part}.port={ports[part]}" for part in PARTS),
        *(f"-{part}.port.grpc={ports[f'{part}.grpc']}" for part in PARTS),
        *ALONE,
        *SMALL,
    ]
    home = {"HOME": str(folder), "TMPDIR": str(folder), "PATH": os.defpath}
    with (folder / "said.log").open("wb") as said:
        running = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=folder, env=home)
    atexit.register(_kill, running, [ports[f"{part}.grpc"] for part in PARTS])
    address = f"http://127.0.0.1:{ports['s3']}"
    _wait(address, running, folder / "said.log")
    return address


@contextmanager
def fresh_bucket(*, versioned: bool = False) -> Iterator[Bucket]:
    """Make an empty bucket on the server, versioned or not; it is left to end with the server."""
    address = server()
    made = Bucket(name=f"bucket-{next(NUMBERS)}", environment=environment(address), client=_client(address))
    made.client.create_bucket(Bucket=made.name)
    if versioned:
        status = {"Status": "Enabled"}
        made.client.put_bucket_versioning(Bucket=made.name, VersioningConfiguration=status)
    yield made


def environment(address: str) -> dict[str, str]:
    """Return what a person has in the environment to reach the server, and nothing of theirs."""
    return {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


def _client(address: str) -> Any:
    return boto3.session.Session().client(
        "s3",
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}),
    )


def _wait(address: str, running: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until an object can be written: the S3 part answers before the volumes are there."""
    client, until = _client(address), time.monotonic() + PATIENCE_S
    while time.monotonic() < until and running.poll() is None:
        try:
            client.create_bucket(Bucket="ready")
            client.put_object(Bucket="ready", Key="canary", Body=b"here")
        except (BotoCoreError, ClientError):
            time.sleep(PAUSE_S)
        else:
            return
    raise RuntimeError(f"the S3 server did not come up: {log.read_text(errors='replace')[-2000:]}")


def _kill(running: "subprocess.Popen[bytes]", sockets: list[int]) -> None:
    running.kill()
    running.wait()
    for part, port in zip(PARTS, sockets, strict=True):
        Path(f"/tmp/seaweedfs-{part}-grpc-{port}.sock").unlink(missing_ok=True)


def _free_ports(how_many: int) -> list[int]:
    """Return ports that nobody listens on; all are held open until all are known."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(how_many)]
    try:
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
