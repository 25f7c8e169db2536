"""Static file storage of an https site: compressed, with content hashes in file names and module imports."""

from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Rewrite module imports to hashed names.

    Pages loaded before a deploy then continue to import the modules of their own release.
    """

    support_js_module_import_aggregation = True
