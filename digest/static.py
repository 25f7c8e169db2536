"""Static files of an https site: compressed, and named by their content, in scripts that import each other too."""

from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """A page of before a deploy goes on with the modules of before."""

    support_js_module_import_aggregation = True
