"""Objects by path: raw payloads as received (`landing/…`) and published exports (`v1/…`), in a directory or a bucket.

What belongs here: bytes in, bytes out, with generations, so that a write can say what it expects to replace. What does
not: what the bytes mean (payloads, exports) and which store a deployment uses (settings, resources). Importing this
package imports no cloud client: `nba_props.io.objectstore.gcs` loads one when a bucket is opened.
"""

from nba_props.io.objectstore.local import LocalObjectStore
from nba_props.io.objectstore.store import ObjectInfo, ObjectMissing, ObjectStore, PreconditionFailed

__all__ = ["LocalObjectStore", "ObjectInfo", "ObjectMissing", "ObjectStore", "PreconditionFailed"]
