"""S3: untouched bytes are copied inside the store, the rest is uploaded, and one conditional request commits.

obstore has neither part copies nor versions, so this half goes through boto3. Both use boto3's credentials:
environment, profiles, single sign-on, instance roles.
"""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.store import S3Store

from rtbf_jobs.erasers.errors import FileChanged
from rtbf_jobs.erasers.objects import (
    ABSENT,
    CREDENTIALS,
    FAILED,
    RETRY,
    ObjectSource,
    Place,
    Stored,
    StoreRefused,
    changed,
    ignores_conditions,
)
from rtbf_jobs.erasers.objects_parts import Part, parts_of
from rtbf_jobs.erasers.parquet_file.recipe import Composed, Recipe

WORKERS = 6
KEPT = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Metadata",
    "SSEKMSKeyId",
    "ServerSideEncryption",
    "StorageClass",
    "WebsiteRedirectLocation",
)
LOST = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409"})
GONE = frozenset({"NoSuchBucket", "NoSuchKey", "NoSuchVersion", "404", "NotFound"})
DENIED = frozenset(
    {"AccessDenied", "403", "401", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}
)


def open_s3(rest: str, asset: str) -> Place:
    """Open a bucket for reading and writing.

    Args:
        rest: what follows `s3://` in its URL.
        asset: the asset of the errors.

    Raises:
        StoreRefused: there are no credentials, or no such bucket.
    """
    bucket, _, prefix = rest.partition("/")
    with in_s3_words(asset):
        session = boto3.session.Session()
        if session.get_credentials() is None:
            raise NoCredentialsError
        client = session.client("s3", config=Config(retries={"mode": "standard", "max_attempts": 5}))
        region = client.head_bucket(Bucket=bucket).get("BucketRegion") or client.meta.region_name
        address = client.meta.endpoint_url
        own: Any = {} if ".amazonaws.com" in address else {"endpoint": address}
        store = S3Store(
            bucket,
            region=region,
            credential_provider=Boto3CredentialProvider(session),
            client_options={"allow_http": address.startswith("http://")},
            retry_config=RETRY,
            **own,
        )
    return Place(asset=asset, store=store, prefix=prefix, commit=S3Commit(asset, client, bucket))


class S3Commit:
    """Replaces objects in one bucket, and knows their old versions."""

    tells_versions = True

    def __init__(self, asset: str, client: Any, bucket: str) -> None:
        self._asset, self._client, self._bucket = asset, client, bucket

    def check_conditions(self, folder: str) -> None:
        """See `Commit`; the canary is an object that is not there, written on condition that it is."""
        at = self._at(f"{folder}.rtbf-canary-{secrets.token_hex(8)}")
        upload = self._begin(at, {})
        try:
            with in_s3_words(self._asset, lost=True):
                part = self._client.upload_part(**at, UploadId=upload, PartNumber=1, Body=b"-")
                self._complete(at, upload, [part["ETag"]], '"none"')
        except FileChanged:
            self._abort(at, upload)
            return
        for stored in [*self._versions(at["Key"])] or [Stored(key=at["Key"], size=0)]:
            self.delete(stored)
        raise ignores_conditions(self._asset)

    def replace(self, key: str, old: ObjectSource, recipe: Recipe, new: Composed) -> None:
        """See `Commit`."""
        at, e_tag = self._at(key), old.identity.e_tag

        def put(numbered: tuple[int, Part]) -> str:
            with in_s3_words(self._asset, lost=True):
                return self._put(at, upload, numbered, e_tag, new)

        with in_s3_words(self._asset, lost=True):
            kept = self._kept(at, e_tag)
        upload = self._begin(at, kept)
        try:
            with ThreadPoolExecutor(WORKERS) as pool:
                made = list(pool.map(put, enumerate(parts_of(recipe), start=1)))
            with in_s3_words(self._asset, lost=True):
                self._complete(at, upload, made, e_tag)
        except BaseException:
            with suppress(StoreRefused):  # what led here is told
                self._abort(at, upload)
            raise

    def old_versions(self, prefix: str) -> Iterator[Stored]:
        """Yield the versions below a prefix that are not current; they can all still be read.

        Raises:
            StoreRefused: the store does not tell them.
        """
        yield from (stored for stored, latest in self._all(prefix) if not latest)

    def delete(self, stored: Stored) -> None:
        """Delete one version for good, or an object of a bucket without versions.

        Raises:
            StoreRefused: it is locked, or we may not.
        """
        version = {"VersionId": stored.version} if stored.version else {}
        with in_s3_words(self._asset):
            self._client.delete_object(**self._at(stored.key), **version)

    def _put(
        self, at: dict[str, str], upload: str, numbered: tuple[int, Part], e_tag: str, new: Composed
    ) -> str:
        number, part = numbered
        where: dict[str, Any] = {**at, "UploadId": upload, "PartNumber": number}
        if part.source is None:
            body = new.read(part.start, part.length)
            return str(self._client.upload_part(**where, Body=body)["ETag"])
        last = part.source + part.length - 1
        made = self._client.upload_part_copy(
            **where, CopySource=at, CopySourceRange=f"bytes={part.source}-{last}", CopySourceIfMatch=e_tag
        )
        return str(made["CopyPartResult"]["ETag"])

    def _begin(self, at: dict[str, str], kept: dict[str, Any]) -> str:
        with in_s3_words(self._asset):
            return str(self._client.create_multipart_upload(**at, **kept)["UploadId"])

    def _complete(self, at: dict[str, str], upload: str, tags: list[str], e_tag: str) -> None:
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
        self._client.complete_multipart_upload(
            **at, UploadId=upload, MultipartUpload={"Parts": parts}, IfMatch=e_tag
        )

    def _abort(self, at: dict[str, str], upload: str) -> None:
        with in_s3_words(self._asset):
            self._client.abort_multipart_upload(**at, UploadId=upload)

    def _kept(self, at: dict[str, str], e_tag: str) -> dict[str, Any]:
        head = self._client.head_object(**at, IfMatch=e_tag)
        kept = {name: head[name] for name in KEPT if head.get(name)}
        if head.get("TagCount"):
            tags = self._client.get_object_tagging(**at)["TagSet"]
            kept["Tagging"] = urlencode([(tag["Key"], tag["Value"]) for tag in tags])
        return kept

    def _versions(self, key: str) -> Iterator[Stored]:
        yield from (stored for stored, _ in self._all(key) if stored.key == key)

    def _all(self, prefix: str) -> Iterator[tuple[Stored, bool]]:
        with in_s3_words(self._asset):
            pages = self._client.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                for one in page.get("Versions", []):
                    stored = Stored(key=one["Key"], size=one["Size"], version=one["VersionId"])
                    yield stored, one["IsLatest"]

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": key}


@contextmanager
def in_s3_words(asset: str, *, lost: bool = False) -> Iterator[None]:
    """Tell boto3's errors in our own words: its texts hold addresses and keys.

    Args:
        asset: the asset of the errors.
        lost: whether a condition that does not hold means that somebody else changed the object.

    Raises:
        StoreRefused: the store said no, or could not be reached.
        FileChanged: the object is another one now, where `lost` says so.
    """
    try:
        yield
    except NoCredentialsError:
        hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        raise StoreRefused(asset, "there are no credentials for the store", hint) from None
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if lost and code in LOST:
            raise changed(asset) from None
        raise _refused(asset, code) from None
    except BotoCoreError:
        raise _refused(asset, "") from None


def _refused(asset: str, code: str) -> StoreRefused:
    if code in GONE:
        return StoreRefused(asset, ABSENT, "check the URL")
    if code in DENIED:
        return StoreRefused(asset, CREDENTIALS, "check them, and what they may do in this bucket")
    return StoreRefused(asset, FAILED, "check address and network, then run it again")
